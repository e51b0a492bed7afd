//! The page as a picture.

use skrifa::outline::OutlinePen;
use tiny_skia::{FillRule, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform};
use zeroize::Zeroizing;

use super::drawing::{Code, Drawing, Frame, Mark, Segment, Text};

/// Pixels to a point: 150 to an inch.
const SCALE: f32 = 150.0 / 72.0;

/// The page as PNG.
pub fn png(drawing: &Drawing) -> Option<Zeroizing<Vec<u8>>> {
    let (width, height) = drawing.paper.points();
    let pixels = |length: f32| (length * SCALE).ceil() as u32;
    let mut picture = Pixmap::new(pixels(width), pixels(height))?;
    picture.fill(tiny_skia::Color::WHITE);
    for mark in &drawing.marks {
        match mark {
            Mark::Text(mark) => text(&mut picture, mark)?,
            Mark::Frame(mark) => frame(&mut picture, mark)?,
            Mark::Code(mark) => code(&mut picture, mark)?,
        }
    }
    picture.encode_png().ok().map(Zeroizing::new)
}

fn ink(smooth: bool) -> Paint<'static> {
    Paint { anti_alias: smooth, ..Paint::default() }
}

fn fill(picture: &mut Pixmap, path: &Path, smooth: bool) {
    picture.fill_path(path, &ink(smooth), FillRule::Winding, Transform::from_scale(SCALE, SCALE), None);
}

fn text(picture: &mut Pixmap, mark: &Text) -> Option<()> {
    let face = mark.font.face()?;
    let scale = mark.size / face.units_per_em();
    let mut outline = Outline { path: PathBuilder::new(), at: mark.at, scale };
    for glyph in face.glyphs(&mark.text) {
        face.outline(glyph.id, &mut outline);
        outline.at.0 += face.advance(&glyph) * scale;
    }
    // A text of blanks has no outline.
    if let Some(path) = outline.path.finish() {
        fill(picture, &path, true);
    }
    Some(())
}

fn frame(picture: &mut Pixmap, mark: &Frame) -> Option<()> {
    let mut path = PathBuilder::new();
    for segment in mark.outline() {
        match segment {
            Segment::Move(x, y) => path.move_to(x, y),
            Segment::Line(x, y) => path.line_to(x, y),
            Segment::Curve([a, b, c, d, x, y]) => path.cubic_to(a, b, c, d, x, y),
            Segment::Close => path.close(),
        }
    }
    let stroke = Stroke { width: mark.line, ..Stroke::default() };
    let scale = Transform::from_scale(SCALE, SCALE);
    picture.stroke_path(&path.finish()?, &ink(true), &stroke, scale, None);
    Some(())
}

fn code(picture: &mut Pixmap, mark: &Code) -> Option<()> {
    let mut path = PathBuilder::new();
    for (x, y, width, height) in mark.rectangles() {
        path.push_rect(Rect::from_xywh(x, y, width, height)?);
    }
    // Sharp edges: a camera looks for them.
    fill(picture, &path.finish()?, false);
    Some(())
}

/// The outlines of glyphs, one after the other. In fonts, up is up.
struct Outline {
    path: PathBuilder,
    at: (f32, f32),
    scale: f32,
}

impl Outline {
    fn scaled(&self, x: f32, y: f32) -> (f32, f32) {
        (self.at.0 + x * self.scale, self.at.1 - y * self.scale)
    }
}

impl OutlinePen for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.scaled(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.scaled(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, a: f32, b: f32, x: f32, y: f32) {
        let ((a, b), (x, y)) = (self.scaled(a, b), self.scaled(x, y));
        self.path.quad_to(a, b, x, y);
    }

    fn curve_to(&mut self, a: f32, b: f32, c: f32, d: f32, x: f32, y: f32) {
        let ((a, b), (c, d), (x, y)) = (self.scaled(a, b), self.scaled(c, d), self.scaled(x, y));
        self.path.cubic_to(a, b, c, d, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
