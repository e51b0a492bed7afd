//! QR codes: whether a text fits, and how one is drawn with letters.

use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};
use zeroize::Zeroizing;

/// A QR code with its quiet zone, as rows of dark (`true`) and light modules.
pub struct Symbol {
    rows: Zeroizing<Vec<Vec<bool>>>,
}

/// How a code is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// Half blocks: two modules in a letter. Colours by the 256-colour palette, which themes leave alone.
    Blocks256,
    /// Half blocks, colours by the 16-colour palette.
    Blocks16,
    /// Blanks with a background colour, two for each module: nothing but ASCII.
    Ascii,
}

impl Symbol {
    /// The largest version that still fits, with its quiet zone and a line below, on 24 rows of 80.
    const LARGEST: i16 = 6;
    /// Modules of quiet zone on either side. Four are the standard's; scanners are content with two, and 24 rows are few.
    pub const QUIET: usize = 2;

    /// Whether a text fits into a code that 24 rows can show.
    pub fn fits(text: &str) -> bool {
        // Only the bits: drawing the code takes milliseconds, which imports of many would pay for each.
        let mut bits = Bits::new(Version::Normal(Self::LARGEST));
        let pushed = bits.push_optimal_data(text.as_bytes());
        pushed.and_then(|()| bits.push_terminator(EcLevel::L)).is_ok()
    }

    /// The code for a text, as small as can be; `None` when there is no code that large.
    pub fn new(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
        let width = code.width();
        let margin = vec![false; width + 2 * Self::QUIET];
        let mut rows = vec![margin.clone(); Self::QUIET];
        let modules: Vec<_> = code.into_colors();
        for modules in modules.chunks(width) {
            let quiet = || std::iter::repeat_n(false, Self::QUIET);
            let dark = modules.iter().map(|color| *color == Color::Dark);
            rows.push(quiet().chain(dark).chain(quiet()).collect());
        }
        rows.extend(vec![margin; Self::QUIET]);
        Some(Self { rows: Zeroizing::new(rows) })
    }

    /// The modules, dark ones `true`, with the quiet zone.
    pub fn modules(&self) -> &[Vec<bool>] {
        &self.rows
    }

    /// The code in ink on paper: letters for what is dark, blanks for what is not.
    pub fn ink(&self) -> Vec<String> {
        let draw = |pair: &[Vec<bool>]| {
            let dark = |row: Option<&Vec<bool>>, i: usize| row.and_then(|row| row.get(i)) == Some(&true);
            let letter = |i| match (dark(pair.first(), i), dark(pair.get(1), i)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            };
            (0..self.rows.len()).map(letter).collect()
        };
        self.rows.chunks(2).map(draw).collect()
    }

    /// Columns on the screen.
    pub fn columns(&self, drawing: Drawing) -> usize {
        match drawing {
            Drawing::Blocks256 | Drawing::Blocks16 => self.rows.len(),
            // One module of quiet zone less on each side: 80 columns are few.
            Drawing::Ascii => self.rows.len().saturating_sub(2) * 2,
        }
    }

    /// The lines to be written, colours included: black on white, whatever the terminal's own colours are.
    pub fn lines(&self, drawing: Drawing) -> Vec<Zeroizing<String>> {
        match drawing {
            // What knows 16 colours only skips the second sequence, and shows light grey instead of white.
            Drawing::Blocks16 => self.half_blocks(["\x1b[0;30;47m\x1b[107m", "\x1b[0;37;40m\x1b[97m"]),
            Drawing::Blocks256 => self.half_blocks(["\x1b[0;38;5;16;48;5;231m", "\x1b[0;38;5;231;48;5;16m"]),
            Drawing::Ascii => self.within().map(ascii).collect(),
        }
    }

    /// The rows without the outermost modules.
    fn within(&self) -> impl Iterator<Item = &[bool]> {
        let most = self.rows.len().saturating_sub(1);
        let rows = self.rows.get(1..most).unwrap_or_default();
        rows.iter().map(move |row| row.get(1..most).unwrap_or_default())
    }

    /// Two modules in a letter: the upper one by the letter, the lower one by the background. Nothing but upper half
    /// blocks and blanks: in many fonts blocks do not reach the lower edge of their cell, and a scanner sees lines
    /// across the code then.
    fn half_blocks(&self, [on_light, on_dark]: [&str; 2]) -> Vec<Zeroizing<String>> {
        let width = self.rows.len();
        let draw = |pair: &[Vec<bool>]| {
            let dark = |row: Option<&Vec<bool>>, i: usize| row.and_then(|row| row.get(i)) == Some(&true);
            let mut line = Zeroizing::new(String::with_capacity(32 * width));
            let mut ground = None;
            for i in 0..width {
                let (upper, lower) = (dark(pair.first(), i), dark(pair.get(1), i));
                if ground.replace(lower) != Some(lower) {
                    line.push_str(if lower { on_dark } else { on_light });
                }
                line.push(if upper == lower { ' ' } else { '▀' });
            }
            line.push_str("\x1b[0m");
            line
        };
        self.rows.chunks(2).map(draw).collect()
    }
}

fn ascii(row: &[bool]) -> Zeroizing<String> {
    let mut line = Zeroizing::new(String::with_capacity(24 * row.len()));
    for dark in row {
        line.push_str(if *dark { "\x1b[0;40m  " } else { "\x1b[0;47m\x1b[107m  " });
    }
    line.push_str("\x1b[0m");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_what_can_be_drawn() {
        for letters in ["a", "A", "7", "a7", "\u{17e}"] {
            for count in (50..400).step_by(3) {
                let text = letters.repeat(count);
                let code = QrCode::with_version(&text, Version::Normal(Symbol::LARGEST), EcLevel::L);
                assert_eq!(Symbol::fits(&text), code.is_ok(), "{letters} {count}");
            }
        }
    }

    #[test]
    fn the_largest_that_fits_leaves_a_line_for_the_question() {
        let text: String = (0..).map(|i: u8| char::from(b'a' + i % 26)).take(134).collect();
        assert!(Symbol::fits(&text) && !Symbol::fits(&format!("{text}x")));
        let symbol = Symbol::new(&text).unwrap();
        assert_eq!((symbol.columns(Drawing::Blocks256), symbol.lines(Drawing::Blocks256).len()), (45, 23));
        assert_eq!((symbol.columns(Drawing::Ascii), symbol.lines(Drawing::Ascii).len()), (86, 43));
    }

    #[test]
    fn blocks_are_the_modules() {
        let symbol = Symbol::new("otpauth://totp/x").unwrap();
        for (y, line) in symbol.lines(Drawing::Blocks16).iter().enumerate() {
            let mut x = 0;
            for run in line.trim_end_matches("\x1b[0m").split("\x1b[0;").skip(1) {
                let (colours, letters) = run.rsplit_once('m').unwrap();
                let lower = colours.starts_with("37;40");
                for letter in letters.chars() {
                    let upper = lower ^ (letter == '▀');
                    let expected = symbol.rows.get(2 * y + 1).is_some_and(|row| row[x]);
                    assert_eq!((upper, lower), (symbol.rows[2 * y][x], expected));
                    x += 1;
                }
            }
            assert_eq!(x, symbol.rows.len());
        }
    }
}
