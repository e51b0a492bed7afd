//! A QR code in plain letters: sshd and its clients pass no colours on.

use qrcode::{Color, EcLevel, QrCode};
use zeroize::Zeroizing;

/// Modules of quiet zone on either side.
const QUIET: usize = 2;

/// Draws a text: light modules as blocks, as they are light on the dark ground that most terminals have, two rows of
/// modules in a line. Where letters are dark the code is inverted, which scanners read too. `None` for a text that is
/// too long for any code.
pub fn draw(text: &str) -> Option<Zeroizing<String>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let width = code.width();
    let modules = code.into_colors();
    let light = |x: usize, y: usize| {
        let place = x.checked_sub(QUIET).zip(y.checked_sub(QUIET)).filter(|(x, y)| *x < width && *y < width);
        place.is_none_or(|(x, y)| modules.get(y * width + x) != Some(&Color::Dark))
    };
    let whole = width + 2 * QUIET;
    let mut drawn = Zeroizing::new(String::with_capacity(whole * whole * 2));
    for y in (0..whole).step_by(2) {
        for x in 0..whole {
            drawn.push(match (light(x, y), y + 1 < whole && light(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        drawn.push('\n');
    }
    Some(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fits_a_terminal_and_has_a_quiet_zone() {
        let uri = "otpauth://totp/host.example.org:anna@host?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=host.example.org";
        let drawn = draw(uri).unwrap();
        let lines: Vec<&str> = drawn.lines().collect();
        assert!(lines.len() <= 23, "{}", lines.len());
        let width = lines[0].chars().count();
        assert!(width <= 80 && lines.iter().all(|line| line.chars().count() == width));
        assert!(lines[0].chars().all(|c| c == '█'));
        assert!(lines.iter().all(|line| line.starts_with('█') || line.starts_with('▀')));
    }
}
