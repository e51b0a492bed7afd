//! How wide a text is in the page's fonts, and where its lines break.

use ttf_parser::Face;

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

    /// The width of a text at this size. Letters that the font lacks count as wide ones.
    fn width(self, text: &str, size: f32) -> f32 {
        let Ok(face) = Face::parse(self.data(), 0) else { return 0.0 };
        let units = f32::from(face.units_per_em());
        let advance = |letter| face.glyph_index(letter).and_then(|glyph| face.glyph_hor_advance(glyph));
        text.chars()
            .map(|letter| advance(letter).map_or(size, |units_wide| f32::from(units_wide) / units * size))
            .sum()
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
    fn czech_letters_are_in_the_fonts() {
        for font in Font::ALL {
            let face = Face::parse(font.data(), 0).unwrap();
            for letter in "ěščřžýáíéůúďťňĚŠČŘŽÝÁÍÉŮÚĎŤŇ„“–—…•’".chars()
            {
                assert!(face.glyph_index(letter).is_some(), "{font:?} lacks {letter}");
            }
        }
    }
}
