//! The person at the terminal, as the flow of a command sees them: somebody to tell things, to ask, and to show a
//! secret to. Behind it is a terminal, a pipe, or a test.

use insis_otp::oath::{Seconds, UnixTime};
use zeroize::Zeroizing;

use crate::messages::Messages;
use crate::qr::Symbol;

/// Somebody to talk to.
pub trait Ui {
    /// Says something. While a sheet is shown, it is said beside it, instead of what was said before.
    fn say(&mut self, text: &str);
    /// Asks a question and waits for the answer.
    fn ask(&mut self, question: &Question<'_>) -> Result<Zeroizing<String>, Stop>;
    /// Shows something secret, until [`Ui::hide`].
    fn show(&mut self, view: SecretView);
    /// Takes away what was shown, from the screen and from where it could be scrolled back to.
    fn hide(&mut self);
    /// Whether somebody looks at what is shown, who has to be given the time to.
    fn is_watching(&self) -> bool {
        true
    }
    /// Why something that was said or shown could not be written, if so.
    fn output_error(&mut self) -> Option<std::io::Error> {
        None
    }
}

/// A question.
pub struct Question<'a> {
    /// Its words, a blank at the end.
    pub text: &'a str,
    /// What the answer waits for.
    pub countdown: Option<Countdown<'a>>,
    /// Whether the answer is not to be seen while it is typed.
    pub hidden: bool,
}

/// Something that is going to happen while a question stands.
pub struct Countdown<'a> {
    /// When.
    pub until: UnixTime,
    /// The question while it has not happened yet.
    pub text: &'a dyn Fn(Seconds) -> String,
}

/// Something secret to look at.
pub struct SecretView {
    /// A QR code, and smaller ones for smaller windows.
    pub qr: Vec<Symbol>,
    /// What stands beside it, a paragraph in each line. Two blanks at the start of a line keep it from being wrapped.
    pub text: Zeroizing<String>,
    /// The language of what is said when the window is too small for the code.
    pub messages: Messages,
}

/// The person does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// ^C, or a signal by its number.
    Signal(i32),
    /// SessionError of input: ^D, a closed terminal.
    EndOfInput,
}

impl<'a> Question<'a> {
    /// A question without more.
    pub const fn plain(text: &'a str) -> Self {
        Self { text, countdown: None, hidden: false }
    }

    /// A question for something that nobody else is to read.
    pub const fn hidden(text: &'a str) -> Self {
        Self { text, countdown: None, hidden: true }
    }
}
