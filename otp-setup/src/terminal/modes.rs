//! The modes of the terminal: changed for as long as a value lives, and put right again when it is dropped.

use std::io::Stdin;

use nix::sys::termios::{LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr};

/// A terminal that hands over each key at once, and shows none by itself.
pub struct KeyByKey {
    terminal: Stdin,
    former: Termios,
}

/// A terminal that hands over each line, and shows none while it is typed.
pub struct Hidden {
    terminal: Stdin,
    former: Termios,
}

impl Hidden {
    /// Changes the modes of standard input.
    pub fn enter() -> nix::Result<Self> {
        let terminal = std::io::stdin();
        let former = tcgetattr(&terminal)?;
        let mut modes = former.clone();
        modes.local_flags &= !LocalFlags::ECHO;
        tcsetattr(&terminal, SetArg::TCSADRAIN, &modes)?;
        Ok(Self { terminal, former })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, SetArg::TCSADRAIN, &self.former);
    }
}

impl KeyByKey {
    /// Changes the modes of standard input.
    pub fn enter() -> nix::Result<Self> {
        let terminal = std::io::stdin();
        let former = tcgetattr(&terminal)?;
        let mut modes = former.clone();
        // Without ISIG: ^C comes as a key, so that what it interrupts is put right first.
        modes.local_flags &= !(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG | LocalFlags::IEXTEN);
        for (index, value) in [(SpecialCharacterIndices::VMIN, 1), (SpecialCharacterIndices::VTIME, 0)] {
            if let Some(character) = modes.control_chars.get_mut(index as usize) {
                *character = value;
            }
        }
        // What was typed ahead stays: TCSADRAIN, not TCSAFLUSH.
        tcsetattr(&terminal, SetArg::TCSADRAIN, &modes)?;
        Ok(Self { terminal, former })
    }
}

impl Drop for KeyByKey {
    fn drop(&mut self) {
        // A terminal that has gone needs nothing any more.
        let _ = tcsetattr(&self.terminal, SetArg::TCSADRAIN, &self.former);
    }
}
