//! Two ways to a person: a terminal whose cursor can be moved, and anything else (a pipe, a dumb terminal).

mod keys;
mod layout;
mod line_mode;
mod modes;
mod screen;
mod signals;

use std::os::fd::AsFd;

pub use line_mode::{AfterSecrets, Lines};
pub use screen::Screen;
pub use signals::{Farewell, release};

/// Where there is no other screen (the Linux console): wiped, and what could be scrolled back to as well.
const WIPE: &str = "\x1b[H\x1b[2J\x1b[3J";

/// One byte from the terminal, unbuffered: what comes after the line is for whoever asks next.
fn read_byte() -> Option<u8> {
    let mut byte = [0];
    loop {
        return match nix::unistd::read(std::io::stdin().as_fd(), &mut byte) {
            Ok(1) => byte.first().copied(),
            Err(nix::errno::Errno::EINTR) => continue,
            _ => None,
        };
    }
}
