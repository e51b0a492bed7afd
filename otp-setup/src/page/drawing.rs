//! What stands on a page, and where: letters, frames and the code, without a word about files.
//!
//! Lengths are points, counted from the upper left corner.

use zeroize::Zeroizing;

use super::Paper;
use super::font::Font;

/// A page with everything on it.
pub struct Drawing {
    /// Its size.
    pub paper: Paper,
    /// What it is, in a few words.
    pub title: String,
    /// What is on it, in the order in which it is read.
    pub marks: Vec<Mark>,
}

/// Something on a page.
pub enum Mark {
    /// A line of text.
    Text(Text),
    /// A frame.
    Frame(Frame),
    /// A QR code.
    Code(Code),
}

/// A line of text, without control characters.
pub struct Text {
    /// Its font.
    pub font: Font,
    /// The size of the font.
    pub size: f32,
    /// Where it begins: the left end of the line on which letters stand.
    pub at: (f32, f32),
    /// The text.
    pub text: Zeroizing<String>,
}

/// A frame around something.
#[derive(Clone, Copy)]
pub struct Frame {
    /// The upper left corner.
    pub at: (f32, f32),
    /// Width and height.
    pub size: (f32, f32),
    /// The radius of its corners.
    pub radius: f32,
    /// How wide its line is.
    pub line: f32,
}

/// A QR code: its dark modules.
pub struct Code {
    /// The upper left corner of the quiet zone.
    pub at: (f32, f32),
    /// The side of a module.
    pub scale: f32,
    /// Column, row and length of each run of dark modules.
    pub runs: Zeroizing<Vec<(u8, u8, u8)>>,
}

/// A part of an outline.
#[derive(Clone, Copy)]
pub enum Segment {
    /// Begins there.
    Move(f32, f32),
    /// A straight line.
    Line(f32, f32),
    /// A curve: two control points and the end.
    Curve([f32; 6]),
    /// Back to the beginning.
    Close,
}

impl Frame {
    /// The outline, clockwise.
    pub fn outline(&self) -> [Segment; 10] {
        use Segment::{Close, Curve, Line, Move};
        // How far the control points of a quarter of a circle are from its ends (4/3 tan(π/8)), seen from the corner.
        const NEAR: f32 = 1.0 - 0.552_284_8;
        let ((left, top), (width, height), r) = (self.at, self.size, self.radius);
        let (right, bottom, n) = (left + width, top + height, self.radius * NEAR);
        [
            Move(left + r, top),
            Line(right - r, top),
            Curve([right - n, top, right, top + n, right, top + r]),
            Line(right, bottom - r),
            Curve([right, bottom - n, right - n, bottom, right - r, bottom]),
            Line(left + r, bottom),
            Curve([left + n, bottom, left, bottom - n, left, bottom - r]),
            Line(left, top + r),
            Curve([left, top + n, left + n, top, left + r, top]),
            Close,
        ]
    }
}

impl Code {
    /// Each run as a rectangle: left, top, width, height.
    pub fn rectangles(&self) -> impl Iterator<Item = (f32, f32, f32, f32)> {
        let length = |modules: u8| f32::from(modules) * self.scale;
        self.runs
            .iter()
            .map(move |&(x, y, run)| (self.at.0 + length(x), self.at.1 + length(y), length(run), self.scale))
    }
}
