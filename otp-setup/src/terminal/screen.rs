//! A terminal whose cursor can be moved.

use std::os::fd::AsFd;

use insis_otp::oath::UnixTime;
use zeroize::Zeroizing;

use super::WIPE;
use super::keys::{Key, Line};
use super::layout::{question_row, rows};
use super::modes::KeyByKey;
use super::signals::{Event, Signals};
use crate::output::Output;
use crate::qr::Drawing;
use crate::ui::{Question, SecretView, Stop, Ui};
use crate::wrap::{MEASURE, wrap};

/// The other screen of a terminal: nothing on it can be scrolled back to.
const OTHER_SCREEN: &str = "\x1b[?1049h\x1b[H\x1b[2J";
/// Wiped, and back to the ordinary one.
const BACK: &str = "\x1b[H\x1b[2J\x1b[?1049l";

/// A person at such a terminal.
pub struct Screen<'a> {
    // Dropped first: whatever happens, the terminal is put right.
    _modes: KeyByKey,
    signals: Signals,
    output: Output,
    drawing: Drawing,
    console: bool,
    now: &'a dyn Fn() -> UnixTime,
    view: Option<SecretView>,
    message: String,
}

impl<'a> Screen<'a> {
    /// Takes the terminal over; `term` is its kind, as in TERM.
    pub fn enter(term: &str, drawing: Drawing, now: &'a dyn Fn() -> UnixTime) -> nix::Result<Self> {
        let signals = Signals::hold()?;
        Ok(Self {
            _modes: KeyByKey::enter()?,
            signals,
            output: Output::default(),
            drawing,
            console: term == "linux",
            now,
            view: None,
            message: String::new(),
        })
    }

    fn size() -> (usize, usize) {
        let size = terminal_size::terminal_size();
        size.map_or((24, 80), |(columns, rows)| (usize::from(rows.0), usize::from(columns.0)))
    }

    /// Draws the sheet and what is said beside it.
    fn draw(&mut self) {
        let Some(view) = &self.view else { return };
        let mut picture = Zeroizing::new(String::with_capacity(64 * 1024));
        picture.push_str("\x1b[H");
        for row in rows(view, &self.message, self.drawing, Self::size()) {
            // Wiped first: after a row that fills its line, the last letter would be wiped.
            picture.push_str("\x1b[2K");
            picture.push_str(&row);
            picture.push_str("\r\n");
        }
        picture.push_str("\x1b[J");
        self.output.write(&picture);
    }

    /// Draws the question and what has been typed so far.
    fn draw_question(&mut self, question: &Question<'_>, line: &Line) {
        let start = if self.view.is_some() { format!("\x1b[{};1H", Self::size().0) } else { "\r".to_owned() };
        let left = question.countdown.as_ref().map(|c| ((self.now)().until(c.until), c.text));
        let text = match left {
            Some((left, text)) if left.0 > 0 => text(left),
            _ => question.text.to_owned(),
        };
        let typed = if question.hidden { Zeroizing::default() } else { line.text() };
        let row = question_row(&text, &typed, Self::size().1);
        self.output.write(&Zeroizing::new(format!("{start}{}\x1b[K", *row)));
    }

    /// Whether the countdown is still running.
    fn counting(&self, question: &Question<'_>) -> bool {
        question.countdown.as_ref().is_some_and(|c| (self.now)() < c.until)
    }

    fn read_line(&mut self, question: &Question<'_>) -> Result<Zeroizing<String>, Stop> {
        let mut line = Line::new();
        let mut counting = self.counting(question);
        self.draw_question(question, &line);
        loop {
            // Twice a second: a countdown that stands still for longer looks broken.
            match self.signals.wait(std::io::stdin().as_fd(), counting.then_some(500)) {
                Ok(Event::SessionError(signal)) => return Err(Stop::Signal(signal)),
                Ok(Event::Resized) => self.draw(),
                Ok(Event::Nothing) => {}
                Ok(Event::Input) => {
                    match super::read_byte().map_or(Key::EndOfInput, |byte| line.take(byte)) {
                        Key::Edited => {}
                        Key::Done => return Ok(line.text()),
                        Key::Interrupt => return Err(Stop::Signal(nix::libc::SIGINT)),
                        Key::EndOfInput => return Err(Stop::EndOfInput),
                    }
                }
                Err(_) => return Err(Stop::EndOfInput),
            }
            counting = self.counting(question);
            self.draw_question(question, &line);
        }
    }
}

impl Ui for Screen<'_> {
    fn say(&mut self, text: &str) {
        if self.view.is_some() {
            text.clone_into(&mut self.message);
            self.draw();
        } else {
            for line in wrap(&[text], MEASURE.min(Self::size().1)) {
                self.output.line(&line);
            }
        }
    }

    fn ask(&mut self, question: &Question<'_>) -> Result<Zeroizing<String>, Stop> {
        let answer = self.read_line(question);
        if self.view.is_none() {
            self.output.write("\n");
        }
        answer
    }

    fn show(&mut self, view: SecretView) {
        let first = self.view.replace(view).is_none();
        self.message.clear();
        if first {
            self.output.write(if self.console { WIPE } else { OTHER_SCREEN });
        }
        self.draw();
    }

    fn hide(&mut self) {
        if self.view.take().is_some() {
            self.message.clear();
            self.output.write(if self.console { WIPE } else { BACK });
        }
    }
}

impl Drop for Screen<'_> {
    fn drop(&mut self) {
        self.hide();
    }
}
