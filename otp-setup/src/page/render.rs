//! The page as PDF and as a picture.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, fontdb};

use super::measure::Font;

/// Dots per inch of a picture.
const DPI: f32 = 150.0;

/// The page as PDF, its fonts embedded.
pub fn pdf(svg: &str) -> Option<Vec<u8>> {
    let tree = tree(svg)?;
    let size = svg2pdf::PageOptions { dpi: 96.0 };
    svg2pdf::to_pdf(&tree, svg2pdf::ConversionOptions::default(), size).ok()
}

/// The page as PNG.
pub fn png(svg: &str) -> Option<Vec<u8>> {
    let tree = tree(svg)?;
    // usvg counts in pixels of 1/96 inch.
    let scale = DPI / 96.0;
    let pixels = |length: f32| (length * scale).ceil() as u32;
    let mut picture = Pixmap::new(pixels(tree.size().width()), pixels(tree.size().height()))?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut picture.as_mut());
    picture.encode_png().ok()
}

fn tree(svg: &str) -> Option<usvg::Tree> {
    let mut fonts = fontdb::Database::new();
    for font in Font::ALL {
        fonts.load_font_data(font.data().to_vec());
    }
    fonts.set_sans_serif_family("Noto Sans");
    fonts.set_monospace_family("Noto Sans Mono");
    let options = usvg::Options { fontdb: Arc::new(fonts), ..usvg::Options::default() };
    usvg::Tree::from_str(svg, &options).ok()
}
