//! A QR code in plain letters: sshd and its clients pass no colours on.

use qrcode::{Color, EcLevel, QrCode};
use zeroize::Zeroizing;

/// Modules of quiet zone on either side.
const QUIET: usize = 2;

/// What letters look like on the person's screen, which nobody can ask over ssh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// Light letters on a dark ground, as most terminals have them.
    Light,
    /// The other way round.
    Dark,
}

/// Draws a text, two rows of modules in a line. `None` for a text that is too long for any code.
pub fn draw(text: &str, letters: Letters) -> Option<Zeroizing<String>> {
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
            // Below the last row there is the ground.
            let is_block = |y: usize| y < whole && light(x, y) == (letters == Letters::Light);
            drawn.push(match (is_block(y), is_block(y + 1)) {
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
        let drawn = draw(uri, Letters::Light).unwrap();
        let lines: Vec<&str> = drawn.lines().collect();
        assert!(lines.len() <= 23, "{}", lines.len());
        let width = lines[0].chars().count();
        assert!(width <= 80 && lines.iter().all(|line| line.chars().count() == width));
        assert!(lines[0].chars().all(|c| c == '█'));
        assert!(lines.iter().all(|line| line.starts_with('█') || line.starts_with('▀')));
        let inverted = draw(uri, Letters::Dark).unwrap();
        assert!(inverted.lines().next().unwrap().chars().all(|c| c == ' '));
    }
}
