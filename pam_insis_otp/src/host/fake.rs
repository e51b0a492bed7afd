//! An application of the unit tests': it types what it was told to, and keeps what it was shown.

use std::cell::RefCell;
use std::collections::VecDeque;

use insis_otp::audit::Line;
use zeroize::Zeroizing;

use super::{Host, NoReply, SecretBytes, Style, WriteLog};

thread_local! {
    static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// The application.
#[derive(Default)]
pub struct FakeHost {
    /// PAM_AUTHTOK.
    pub password: Option<Vec<u8>>,
    /// For whom an enrollment is due.
    pub due: Option<String>,
    replies: RefCell<VecDeque<Vec<u8>>>,
    shown: RefCell<Vec<String>>,
}

impl FakeHost {
    /// One in which this is typed. Whoever has no more to type hangs up.
    pub fn typing(replies: &[&str]) -> Self {
        LOG.take();
        let replies = replies.iter().map(|reply| reply.as_bytes().to_vec()).collect();
        Self { replies: RefCell::new(replies), ..Self::default() }
    }

    /// All questions and messages so far.
    pub fn shown(&self) -> Vec<String> {
        self.shown.borrow().clone()
    }

    /// All lines in the log since this application was started.
    pub fn logged() -> Vec<String> {
        LOG.with_borrow(Clone::clone)
    }
}

impl Host for FakeHost {
    fn service(&self) -> String {
        "door".to_owned()
    }

    fn remote_host(&self) -> String {
        String::new()
    }

    fn user(&mut self) -> Result<String, NoReply> {
        Ok("anna".to_owned())
    }

    fn password(&self) -> Option<SecretBytes> {
        self.password.clone().map(Zeroizing::new)
    }

    fn set_password(&mut self, password: &[u8]) -> Result<(), String> {
        self.password = Some(password.to_vec());
        Ok(())
    }

    fn ask(&self, prompt: &str, _: bool) -> Result<SecretBytes, NoReply> {
        self.shown.borrow_mut().push(prompt.to_owned());
        let reply = self.replies.borrow_mut().pop_front().ok_or(NoReply::Conversation)?;
        if reply.is_empty() { Err(NoReply::Empty) } else { Ok(Zeroizing::new(reply)) }
    }

    fn show(&self, _: Style, text: &str) {
        self.shown.borrow_mut().push(text.to_owned());
    }

    fn leave_enrollment_due(&mut self, user: &str) -> bool {
        self.due = Some(user.to_owned());
        true
    }

    fn enrollment_due(&self) -> Option<&str> {
        self.due.as_deref().filter(|user| !user.is_empty())
    }

    fn log(&self) -> WriteLog {
        |_, _, line: &Line| LOG.with_borrow_mut(|lines| lines.push(line.text().to_owned()))
    }
}
