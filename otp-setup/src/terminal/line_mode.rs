//! Lines in, lines out: for pipes, and for terminals that cannot move their cursor. Nothing moves here.

use std::io::IsTerminal;
use std::os::fd::AsFd;

use insis_otp::oath::UnixTime;
use zeroize::Zeroizing;

use super::WIPE;
use super::keys::{Key, Line};
use super::modes::Hidden;
use super::signals::{Event, Signals};
use crate::output::Output;
use crate::qr::Drawing;
use crate::ui::{Question, SecretView, Stop, Ui};
use crate::wrap::{MEASURE, wrap};

/// How many bytes an answer may have. What goes on and on without a line end (/dev/zero) is none.
const LONGEST: usize = 4096;

/// What is done about a secret that was shown.
pub enum AfterSecrets {
    /// The screen is wiped, and what could be scrolled back to.
    Wipe,
    /// The person is told to do that.
    Say(String),
    /// Nothing: there is no terminal.
    Nothing,
}

/// A person at the other end of standard input and output.
pub struct Lines<'a> {
    signals: Signals,
    output: Output,
    /// How QR codes are drawn; not at all where nobody could see them.
    drawing: Option<Drawing>,
    now: &'a dyn Fn() -> UnixTime,
    after_secrets: AfterSecrets,
    shown: bool,
    /// Whether questions are left out, and only their answers read.
    silent: bool,
    /// Whether the end of an answer shows by itself, as it does on a terminal.
    echoes: bool,
    /// From one answer that must not be seen to the next that may: what is typed while the first is being checked
    /// is likely another.
    hidden: Option<Hidden>,
}

impl<'a> Lines<'a> {
    /// Begins a conversation.
    pub fn begin(
        drawing: Option<Drawing>,
        after_secrets: AfterSecrets,
        now: &'a dyn Fn() -> UnixTime,
    ) -> nix::Result<Self> {
        Ok(Self {
            signals: Signals::hold()?,
            output: Output::default(),
            drawing,
            now,
            after_secrets,
            shown: false,
            silent: false,
            echoes: std::io::stdin().is_terminal(),
            hidden: None,
        })
    }

    /// From here on no question is written; answers are read all the same.
    pub fn without_questions(self) -> Self {
        Self { silent: true, ..self }
    }

    fn read_line(&mut self, question: &Question<'_>) -> Result<Zeroizing<String>, Stop> {
        let left = question.countdown.as_ref().map(|c| ((self.now)().until(c.until), c.text));
        match left {
            _ if self.silent => {}
            Some((left, text)) if left.0 > 0 => self.output.write(&text(left)),
            _ => self.output.write(question.text),
        }
        let mut line = Line::new();
        for _ in 0..LONGEST {
            match self.signals.wait(std::io::stdin().as_fd(), None) {
                Ok(Event::SessionError(signal)) => return Err(Stop::Signal(signal)),
                Ok(Event::Resized | Event::Nothing) => {}
                Ok(Event::Input) => match super::read_byte().map(|byte| line.take(byte)) {
                    Some(Key::Edited) => {}
                    Some(Key::Interrupt) => return Err(Stop::Signal(nix::libc::SIGINT)),
                    // A last line may lack its end.
                    None if !line.text().is_empty() => return Ok(line.text()),
                    Some(Key::EndOfInput) | None => return Err(Stop::EndOfInput),
                    Some(Key::Done) => return Ok(line.text()),
                },
                Err(_) => break,
            }
        }
        Err(Stop::EndOfInput)
    }
}

impl Ui for Lines<'_> {
    fn say(&mut self, text: &str) {
        for line in wrap(&[text], MEASURE) {
            self.output.line(&line);
        }
    }

    fn ask(&mut self, question: &Question<'_>) -> Result<Zeroizing<String>, Stop> {
        // Whoever has not seen the question cannot answer it, and a secret that was not shown is on no phone.
        if self.output.has_failed() {
            return Err(Stop::EndOfInput);
        }
        if !question.hidden {
            self.hidden = None;
        } else if self.hidden.is_none() && self.echoes {
            // A terminal that cannot be asked for that shows what is typed, as it does anyway.
            self.hidden = Hidden::enter().ok();
        }
        let answer = self.read_line(question);
        // Where ^C or ^D was typed, the line has no end yet either.
        if (!self.echoes || self.hidden.is_some() || answer.is_err()) && !self.silent {
            self.output.write("\n");
        }
        answer
    }

    fn show(&mut self, view: SecretView) {
        self.shown = true;
        if let (Some(drawing), Some(qr)) = (self.drawing, view.qr.last()) {
            for line in qr.lines(drawing) {
                self.output.write(&line);
                self.output.write("\n");
            }
        }
        for line in wrap(&[&view.text], MEASURE) {
            self.output.line(&line);
        }
    }

    fn hide(&mut self) {
        if !std::mem::take(&mut self.shown) {
            return;
        }
        match &self.after_secrets {
            AfterSecrets::Wipe => self.output.write(WIPE),
            AfterSecrets::Say(text) => {
                let text = text.clone();
                self.say(&text);
            }
            AfterSecrets::Nothing => {}
        }
    }

    fn is_watching(&self) -> bool {
        self.drawing.is_some()
    }

    fn output_error(&mut self) -> Option<std::io::Error> {
        std::mem::take(&mut self.output).failure()
    }
}
