//! The fonts of the page: which glyphs a text takes, how wide it is, and where its lines break.

use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::{GlyphMetrics, Metrics};
use skrifa::outline::{DrawSettings, OutlineGlyphCollection, OutlinePen};
use skrifa::raw::tables::gpos::{PairPos, PositionLookupList, PositionSubtables};
use skrifa::raw::{ReadError, TableProvider as _};
use skrifa::{FontRef, GlyphId, GlyphId16, MetadataProvider as _};

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

/// A font, parsed. Lengths are in units of the font ([`Face::units_per_em`]).
pub struct Face {
    letters: Charmap<'static>,
    widths: GlyphMetrics<'static>,
    outlines: OutlineGlyphCollection<'static>,
    /// Kerning is all that the fonts have of positioning (fonts/README).
    kerning: Option<PositionLookupList<'static>>,
    /// What holds for the whole font.
    pub metrics: Metrics,
}

/// A letter as it is set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glyph {
    /// Its number in the font; 0 for a letter that the font lacks.
    pub id: GlyphId16,
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
    pub fn face(self) -> Option<Face> {
        let font = FontRef::new(self.data()).ok()?;
        let (size, location) = (Size::unscaled(), LocationRef::default());
        Some(Face {
            letters: font.charmap(),
            widths: font.glyph_metrics(size, location),
            outlines: font.outline_glyphs(),
            kerning: font.gpos().and_then(|table| table.lookup_list()).ok(),
            metrics: font.metrics(size, location),
        })
    }

    /// The width of a text at this size.
    pub fn width(self, text: &str, size: f32) -> f32 {
        let Some(face) = self.face() else { return 0.0 };
        let units: f32 = face.glyphs(text).iter().map(|glyph| face.advance(glyph)).sum();
        units * size / face.units_per_em()
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

impl Face {
    /// How many units the font's size has.
    pub fn units_per_em(&self) -> f32 {
        f32::from(self.metrics.units_per_em)
    }

    /// The glyph of a letter, if the font has one.
    pub fn glyph(&self, letter: char) -> Option<GlyphId16> {
        self.letters.map(letter).and_then(|id| GlyphId16::try_from(id).ok())
    }

    /// How wide a glyph is by itself.
    pub fn glyph_width(&self, id: GlyphId16) -> f32 {
        self.widths.advance_width(GlyphId::from(id)).unwrap_or_default()
    }

    /// The glyphs of a text, from left to right.
    pub fn glyphs(&self, text: &str) -> Vec<Glyph> {
        let id = |letter| self.glyph(letter).unwrap_or_default();
        let mut glyphs: Vec<_> =
            text.chars().map(|letter| Glyph { id: id(letter), letter, kern: 0 }).collect();
        let next: Vec<_> = glyphs.iter().skip(1).map(|glyph| glyph.id).collect();
        for (glyph, next) in glyphs.iter_mut().zip(next) {
            glyph.kern = self.kern(glyph.id, next);
        }
        glyphs
    }

    /// How far it is from the start of a glyph to the start of the next one.
    pub fn advance(&self, glyph: &Glyph) -> f32 {
        self.glyph_width(glyph.id) + f32::from(glyph.kern)
    }

    /// Draws the outline of a glyph.
    pub fn outline(&self, id: GlyphId16, pen: &mut impl OutlinePen) {
        if let Some(outline) = self.outlines.get(GlyphId::from(id)) {
            let settings = DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
            // It fails for a font that is broken; these are parts of this program.
            let _ = outline.draw(settings, pen);
        }
    }

    /// What two neighbours are to be moved together.
    fn kern(&self, left: GlyphId16, right: GlyphId16) -> i16 {
        let lookups = self.kerning.iter().flat_map(|list| list.lookups().iter().flatten());
        let pairs = lookups.filter_map(|lookup| match lookup.subtables() {
            Ok(PositionSubtables::Pair(subtables)) => Some(subtables),
            _ => None,
        });
        // The first subtable that knows the pair decides (OpenType, GPOS).
        pairs
            .flat_map(|subtables| subtables.iter().flatten())
            .find_map(|subtable| pair_kern(&subtable, left, right).ok().flatten())
            .unwrap_or_default()
    }
}

/// What a subtable has for a pair, if it knows it.
fn pair_kern(subtable: &PairPos<'_>, left: GlyphId16, right: GlyphId16) -> Result<Option<i16>, ReadError> {
    match subtable {
        PairPos::Format1(table) => {
            let Some(index) = table.coverage()?.get(left) else { return Ok(None) };
            let set = table.pair_sets().get(usize::try_from(index).unwrap_or(usize::MAX))?;
            let record = set.find_pair_value_record(right);
            Ok(record.map(|record| record.value_record1().x_advance().unwrap_or_default()))
        }
        PairPos::Format2(table) => {
            if table.coverage()?.get(left).is_none() {
                return Ok(None);
            }
            let (left, right) = (table.class_def1()?.get(left), table.class_def2()?.get(right));
            let records = u16::try_from(left).ok().zip(u16::try_from(right).ok());
            let records = records.and_then(|(left, right)| table.class_value_records().get(left, right));
            Ok(records.map(|[first, _]| first.x_advance().unwrap_or_default()))
        }
        _ => Ok(None),
    }
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
                assert!(face.glyph(letter).is_some(), "{font:?} lacks {letter}");
            }
        }
    }
}
