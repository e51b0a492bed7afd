//! A QR code in plain letters: sshd and its clients pass no colours on.

use qrcode::{Color, EcLevel, QrCode, Version};
use zeroize::Zeroizing;

/// Modules of quiet zone on either side. Four are the standard's; scanners are content with two, and 24 rows are few.
const QUIET: usize = 2;
/// In ASCII there is room for one, and for half of one on the right: of 80 columns, plink leaves 77.
const QUIET_IN_ASCII: usize = 1;
/// A light module in ASCII: the letter that covers most of its cell, so that the gaps between letters disturb scanners least.
const INK: &str = "@@";
/// The largest version that fits 24 rows with a line above and two below.
const LARGEST: i16 = 5;

/// How the code is drawn, which nobody can find out over ssh: the person is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// Whether letters are dark on a light ground; most terminals have light ones on a dark ground.
    pub dark_letters: bool,
    /// Whether nothing but ASCII is used: a terminal or a client that knows no UTF-8 makes garbage of blocks. Two
    /// letters for a module then, and a row for each, of which 24 rows cannot show all.
    pub ascii: bool,
}

/// Whether a text fits into a code that 24 rows can show.
pub fn fits(text: &str) -> bool {
    QrCode::with_version(text, Version::Normal(LARGEST), EcLevel::L).is_ok()
}

/// Draws a text. `None` for a text that is too long for any code.
pub fn draw(text: &str, drawing: Drawing) -> Option<Zeroizing<String>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let width = code.width();
    let modules =
        Zeroizing::new(code.into_colors().iter().map(|color| *color == Color::Dark).collect::<Vec<_>>());
    let quiet = if drawing.ascii { QUIET_IN_ASCII } else { QUIET };
    let is_dark = |x: usize, y: usize| {
        let module = x.checked_sub(quiet).zip(y.checked_sub(quiet)).filter(|(x, y)| *x < width && *y < width);
        module.is_some_and(|(x, y)| modules.get(y * width + x) == Some(&true))
    };
    let whole = width + 2 * quiet;
    // Below the last row there is the ground.
    let is_ink = |x: usize, y: usize| y < whole && is_dark(x, y) == drawing.dark_letters;
    let mut drawn = Zeroizing::new(String::with_capacity(whole * whole * 2 + whole));
    for y in (0..whole).step_by(if drawing.ascii { 1 } else { 2 }) {
        for x in 0..whole {
            drawn.push_str(match (is_ink(x, y), is_ink(x, y + 1)) {
                (true, _) if drawing.ascii => INK,
                (false, _) if drawing.ascii => "  ",
                (true, true) => "█",
                (true, false) => "▀",
                (false, true) => "▄",
                (false, false) => " ",
            });
        }
        if drawing.ascii {
            drawn.pop();
        }
        drawn.push('\n');
    }
    Some(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    const URI: &str =
        "otpauth://totp/aisa.org:anna@aisa?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=aisa.org";

    fn lines(dark_letters: bool, ascii: bool) -> Vec<String> {
        draw(URI, Drawing { dark_letters, ascii }).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn it_fits_a_terminal_and_has_a_quiet_zone() {
        assert!(fits(URI) && !fits(&"x".repeat(107)) && fits(&"x".repeat(106)));
        let blocks = lines(false, false);
        assert_eq!(blocks.len(), 21);
        assert!(blocks.iter().all(|line| line.chars().count() == 41));
        assert!(blocks[0].chars().all(|c| c == '█'));
        assert!(blocks.iter().all(|line| line.starts_with('█') || line.starts_with('▀')));
        assert!(lines(true, false)[0].chars().all(|c| c == ' '));
    }

    #[test]
    fn in_ascii_a_module_is_two_letters_wide_and_a_row_high() {
        let ascii = lines(false, true);
        assert_eq!(ascii.len(), 39);
        assert!(ascii.iter().all(|line| line.is_ascii() && line.len() == 77));
        let blocks = lines(false, false);
        for (y, line) in ascii.iter().enumerate() {
            for x in 0..39 {
                // A module of the quiet zone more.
                let block = blocks[y.div_ceil(2)].chars().nth(x + 1).unwrap();
                let ink = block == '█' || block == if y % 2 == 1 { '▀' } else { '▄' };
                let letters = if ink { INK } else { "  " };
                assert!(letters.starts_with(&line[2 * x..(2 * x + 2).min(77)]), "{x} {y}");
            }
        }
        let inverted = lines(true, true);
        assert!(inverted.iter().zip(&ascii).all(|(one, other)| one != other));
    }
}
