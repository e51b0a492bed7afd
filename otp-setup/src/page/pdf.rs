//! The page as PDF, its fonts embedded, so that every printer has its letters.

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use skrifa::GlyphId16;
use zeroize::Zeroizing;

use super::drawing::{Code, Drawing, Frame, Mark, Segment, Text};
use super::font::{Face, Font};

const CATALOGUE: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const CONTENT: Ref = Ref::new(4);
const ABOUT: Ref = Ref::new(5);
/// Glyphs are called by their numbers.
const IDENTITY: SystemInfo<'_> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// The page as PDF. Nothing in it is compressed: a compressor would keep copies of the secret.
pub fn pdf(drawing: &Drawing) -> Option<Zeroizing<Vec<u8>>> {
    let (width, height) = drawing.paper.points();
    // Larger than it gets, so that no grown-out-of copy of the secret is left behind.
    let mut pdf = Pdf::with_capacity(512 * 1024);
    pdf.catalog(CATALOGUE).pages(PAGES);
    pdf.pages(PAGES).kids([PAGE]).count(1);
    pdf.document_info(ABOUT).title(TextStr(&drawing.title));
    let mut page = pdf.page(PAGE);
    page.parent(PAGES).media_box(Rect::new(0.0, 0.0, width, height)).contents(CONTENT);
    let mut resources = page.resources();
    let mut fonts = resources.fonts();
    for font in Font::ALL {
        fonts.pair(label(font), reference(font, 0));
    }
    fonts.finish();
    resources.finish();
    page.finish();
    let content = Zeroizing::new(content(drawing)?.into_vec());
    pdf.stream(CONTENT, &content);
    for font in Font::ALL {
        embed(&mut pdf, font, drawing)?;
    }
    Some(Zeroizing::new(pdf.finish()))
}

/// What a font is called in the page's content.
const fn label(font: Font) -> Name<'static> {
    Name(match font {
        Font::Regular => b"R",
        Font::Bold => b"B",
        Font::Mono => b"M",
    })
}

/// The objects of a font: itself, its glyphs, what it looks like, its file, its letters.
const fn reference(font: Font, object: i32) -> Ref {
    Ref::new(10 * (1 + font as i32) + object)
}

fn content(drawing: &Drawing) -> Option<pdf_writer::Buf> {
    // In PDF, up is up.
    let height = drawing.paper.points().1;
    let mut content = Content::with_capacity(256 * 1024);
    for mark in &drawing.marks {
        match mark {
            Mark::Text(mark) => text(&mut content, height, mark)?,
            Mark::Frame(mark) => frame(&mut content, height, mark),
            Mark::Code(mark) => code(&mut content, height, mark),
        }
    }
    Some(content.finish())
}

fn text(content: &mut Content, height: f32, mark: &Text) -> Option<()> {
    let face = mark.font.face()?;
    content.begin_text().set_font(label(mark.font), mark.size);
    content.next_line(mark.at.0, height - mark.at.1);
    let mut shown = content.show_positioned();
    let mut items = shown.items();
    for glyph in face.glyphs(&mark.text) {
        items.show(Str(&glyph.id.to_u16().to_be_bytes()));
        if glyph.kern != 0 {
            items.adjust(-thousandths(&face, f32::from(glyph.kern)));
        }
    }
    items.finish();
    shown.finish();
    content.end_text();
    Some(())
}

fn frame(content: &mut Content, height: f32, mark: &Frame) {
    content.set_line_width(mark.line);
    for segment in mark.outline() {
        match segment {
            Segment::Move(x, y) => content.move_to(x, height - y),
            Segment::Line(x, y) => content.line_to(x, height - y),
            Segment::Curve([a, b, c, d, x, y]) => {
                content.cubic_to(a, height - b, c, height - d, x, height - y)
            }
            Segment::Close => content.close_path(),
        };
    }
    content.stroke();
}

fn code(content: &mut Content, height: f32, mark: &Code) {
    for (x, y, run, side) in mark.rectangles() {
        content.rect(x, height - y - side, run, side);
    }
    content.fill_nonzero();
}

/// A font with all its glyphs; those that are used are told which letters they are, for who copies or searches.
fn embed(pdf: &mut Pdf, font: Font, drawing: &Drawing) -> Option<()> {
    let face = font.face()?;
    let [itself, glyphs, look, file, letters] = [0, 1, 2, 3, 4].map(|object| reference(font, object));
    let name = Name(font.name().as_bytes());
    pdf.type0_font(itself)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(glyphs)
        .to_unicode(letters);
    let count = u16::try_from(face.metrics.glyph_count).ok()?;
    let widths = (0..count).map(|id| thousandths(&face, face.glyph_width(GlyphId16::new(id))));
    let mut cid = pdf.cid_font(glyphs);
    cid.subtype(CidFontType::Type2).base_font(name).system_info(IDENTITY).font_descriptor(look);
    cid.cid_to_gid_map_predefined(Name(b"Identity"));
    cid.widths().consecutive(0, widths);
    cid.finish();
    describe(pdf, look, &face, name, file);
    pdf.stream(file, font.data()).pair(Name(b"Length1"), i32::try_from(font.data().len()).ok()?);
    let mut map = UnicodeCmap::new(Name(b"Letters"), IDENTITY);
    for mark in &drawing.marks {
        if let Mark::Text(text) = mark
            && text.font == font
        {
            face.glyphs(&text.text).iter().for_each(|glyph| map.pair(glyph.id.to_u16(), glyph.letter));
        }
    }
    pdf.stream(letters, map.finish().as_slice());
    Some(())
}

fn describe(pdf: &mut Pdf, look: Ref, face: &Face, name: Name<'_>, file: Ref) {
    let size = |units: f32| thousandths(face, units);
    let metrics = &face.metrics;
    let bounds = metrics.bounds.unwrap_or_default();
    let bounds = Rect::new(size(bounds.x_min), size(bounds.y_min), size(bounds.x_max), size(bounds.y_max));
    let fixed = if metrics.is_monospace { FontFlags::FIXED_PITCH } else { FontFlags::empty() };
    pdf.font_descriptor(look)
        .name(name)
        .flags(FontFlags::NON_SYMBOLIC | fixed)
        .bbox(bounds)
        .italic_angle(0.0)
        .ascent(size(metrics.ascent))
        .descent(size(metrics.descent))
        .cap_height(size(metrics.cap_height.unwrap_or(metrics.ascent)))
        // Nobody looks at it where the font is there.
        .stem_v(80.0)
        .font_file2(file);
}

/// Units of a font, in thousandths of its size.
fn thousandths(face: &Face, units: f32) -> f32 {
    units * 1000.0 / face.units_per_em()
}
