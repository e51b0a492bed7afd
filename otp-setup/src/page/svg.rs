//! The page as SVG.

use std::fmt::Write as _;

use zeroize::Zeroizing;

use super::drawing::{Code, Drawing, Frame, Mark, Text};
use super::font::Font;

/// The page as SVG, in points.
pub fn svg(drawing: &Drawing) -> Zeroizing<String> {
    let (width, height) = drawing.paper.points();
    // Of the final size at once, so that no grown-out-of copy of the secret is left behind.
    let mut svg = Zeroizing::new(String::with_capacity(256 * 1024));
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}pt\" height=\"{height}pt\" \
         viewBox=\"0 0 {width} {height}\"><title>"
    );
    escape(&mut svg, &drawing.title);
    let _ = write!(svg, "</title><rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>");
    for mark in &drawing.marks {
        match mark {
            Mark::Text(mark) => text(&mut svg, mark),
            Mark::Frame(mark) => frame(&mut svg, mark),
            Mark::Code(mark) => code(&mut svg, mark),
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn text(svg: &mut String, mark: &Text) {
    let (family, weight) = match mark.font {
        Font::Regular => ("Noto Sans, sans-serif", "normal"),
        Font::Bold => ("Noto Sans, sans-serif", "bold"),
        Font::Mono => ("Noto Sans Mono, monospace", "normal"),
    };
    let ((x, y), size) = (mark.at, mark.size);
    let _ = write!(
        svg,
        "<text x=\"{x}\" y=\"{y}\" font-family=\"{family}\" font-weight=\"{weight}\" font-size=\"{size}\" \
         xml:space=\"preserve\">"
    );
    escape(svg, &mark.text);
    svg.push_str("</text>");
}

fn escape(svg: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '<' => svg.push_str("&lt;"),
            '&' => svg.push_str("&amp;"),
            letter => svg.push(letter),
        }
    }
}

fn frame(svg: &mut String, mark: &Frame) {
    let ((x, y), (width, height)) = (mark.at, mark.size);
    let Frame { radius, line, .. } = mark;
    let _ = write!(
        svg,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\" fill=\"none\" \
         stroke=\"#000\" stroke-width=\"{line}\"/>"
    );
}

fn code(svg: &mut String, mark: &Code) {
    let ((x, y), scale) = (mark.at, mark.scale);
    let _ = write!(svg, "<g transform=\"translate({x} {y}) scale({scale})\"><path d=\"");
    for (x, y, run) in mark.runs.iter() {
        let _ = write!(svg, "M{x} {y}h{run}v1H{x}z");
    }
    svg.push_str("\" shape-rendering=\"crispEdges\"/></g>");
}
