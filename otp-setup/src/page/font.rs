//! The fonts of the page: which glyphs a text takes, how wide it is, and where its lines break.

use ttf_parser::gpos::{PairAdjustment, PositioningSubtable};
use ttf_parser::{Face, GlyphId};

/// A font of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Font {
    /// For text.
    Regular,
    /// For headings.
    Bold,
    /// For what is typed.
    Mono,
}

/// A letter as it is set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glyph {
    /// Its number in the font; 0 for a letter that the font lacks.
    pub id: GlyphId,
    /// The letter.
    pub letter: char,
    /// How far the next one is moved towards it (or away from it), in units of the font.
    pub kern: i16,
}

impl Font {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Regular, Self::Bold, Self::Mono];

    /// The font file.
    pub const fn data(self) -> &'static [u8] {
        match self {
            Self::Regular => include_bytes!("../../fonts/NotoSans-Regular.ttf"),
            Self::Bold => include_bytes!("../../fonts/NotoSans-Bold.ttf"),
            Self::Mono => include_bytes!("../../fonts/NotoSansMono-Regular.ttf"),
        }
    }

    /// The name under which programs know it. Six letters and a plus sign say that it is cut down (ISO 32000-1, 9.6.4).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Regular => "LATINA+NotoSans-Regular",
            Self::Bold => "LATINA+NotoSans-Bold",
            Self::Mono => "LATINA+NotoSansMono-Regular",
        }
    }

    /// The font, taken apart. The file is a part of this program; `None` is for the parser's sake.
    pub fn face(self) -> Option<Face<'static>> {
        Face::parse(self.data(), 0).ok()
    }

    /// The width of a text at this size.
    pub fn width(self, text: &str, size: f32) -> f32 {
        let Some(face) = self.face() else { return 0.0 };
        let units: i32 = glyphs(&face, text).iter().map(|glyph| advance(&face, glyph)).sum();
        units as f32 * size / f32::from(face.units_per_em())
    }

    /// Breaks a text between words, into lines no wider than this.
    pub fn lines(self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split(' ') {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if line.is_empty() || self.width(&longer, size) <= width {
                line = longer;
            } else {
                lines.push(std::mem::replace(&mut line, word.to_owned()));
            }
        }
        lines.push(line);
        lines
    }

    /// As much of the end of a text cut off as does not fit.
    pub fn fitting(self, text: &str, size: f32, width: f32) -> String {
        let mut text = text.to_owned();
        while self.width(&text, size) > width && text.pop().is_some() {}
        text
    }
}

/// The glyphs of a text, from left to right.
pub fn glyphs(face: &Face<'_>, text: &str) -> Vec<Glyph> {
    let id = |letter| face.glyph_index(letter).unwrap_or_default();
    let mut glyphs: Vec<_> = text.chars().map(|letter| Glyph { id: id(letter), letter, kern: 0 }).collect();
    let next: Vec<_> = glyphs.iter().skip(1).map(|glyph| glyph.id).collect();
    for (glyph, next) in glyphs.iter_mut().zip(next) {
        glyph.kern = kern(face, glyph.id, next);
    }
    glyphs
}

/// How far it is from the start of a glyph to the start of the next one, in units of the font.
pub fn advance(face: &Face<'_>, glyph: &Glyph) -> i32 {
    i32::from(face.glyph_hor_advance(glyph.id).unwrap_or_default()) + i32::from(glyph.kern)
}

/// What two neighbours are to be moved together. Kerning is all that the fonts have of positioning (fonts/README).
fn kern(face: &Face<'_>, left: GlyphId, right: GlyphId) -> i16 {
    let Some(table) = face.tables().gpos else { return 0 };
    let subtables =
        table.lookups.into_iter().flat_map(|lookup| lookup.subtables.into_iter::<PositioningSubtable<'_>>());
    let value = |subtable| match subtable {
        PositioningSubtable::Pair(PairAdjustment::Format1 { coverage, sets }) => {
            sets.get(coverage.get(left)?)?.get(right)
        }
        PositioningSubtable::Pair(PairAdjustment::Format2 { coverage, classes, matrix }) => {
            coverage.get(left)?;
            matrix.get((classes.0.get(left), classes.1.get(right)))
        }
        _ => None,
    };
    // The first subtable that knows the pair decides (OpenType, GPOS).
    subtables.filter_map(value).next().map_or(0, |(first, _)| first.x_advance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_fit() {
        let text = "The quick brown fox jumps over the lazy dog. Příliš žluťoučký kůň úpěl ďábelské ódy.";
        let lines = Font::Regular.lines(text, 10.0, 120.0);
        assert!(lines.len() > 2);
        assert!(lines.iter().all(|line| Font::Regular.width(line, 10.0) <= 120.0));
        assert_eq!(lines.join(" "), text);
        assert_eq!(Font::Mono.lines("Unbreakable", 10.0, 1.0), ["Unbreakable"]);
    }

    #[test]
    fn neighbours_are_moved_together() {
        for font in [Font::Regular, Font::Bold] {
            let apart = font.width("T", 10.0) + font.width("o", 10.0);
            assert!(font.width("To", 10.0) < apart - 0.1, "{font:?}");
            assert!((font.width("nn", 10.0) - 2.0 * font.width("n", 10.0)).abs() < 0.01);
        }
        assert!((Font::Mono.width("To", 10.0) - 2.0 * Font::Mono.width("T", 10.0)).abs() < 0.01);
    }

    #[test]
    fn czech_letters_are_in_the_fonts() {
        for font in Font::ALL {
            let face = font.face().unwrap();
            for letter in "ěščřžýáíéůúďťňĚŠČŘŽÝÁÍÉŮÚĎŤŇ„“–—…•’".chars()
            {
                assert!(face.glyph_index(letter).is_some(), "{font:?} lacks {letter}");
            }
        }
    }
}
