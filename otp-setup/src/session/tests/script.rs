//! A scripted person, a phone whose clock may be off, and a home to keep the secret file in.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use insis_otp::oath::{Step, UnixTime};
use insis_otp::record::AppEntry;
use insis_otp::store::{Account, Template};
use insis_otp::verify::Policy;
use zeroize::Zeroizing;

use Do::{Code, Go, OldRecovery, Type, Wait};

use crate::backend::Backend;
use crate::caller::Caller;
use crate::messages::Messages;
use crate::page::{Page, PageError};
use crate::session::{Pages, Session, SessionError, Status};
use crate::ui::{Question, SecretView, Stop, Ui};

/// What the person does at a question.
#[derive(Clone, Copy, Debug)]
pub enum Do {
    Type(&'static str),
    /// The code that the new phone shows, some steps from now.
    Code(i64),
    /// So many seconds pass before the next thing is done.
    Wait(u64),
    /// The first recovery code of the enrollment before.
    OldRecovery,
    Go(Stop),
}

/// The person, the phone, and the clock of both.
pub struct Script {
    pub clock: Cell<u64>,
    pub todo: RefCell<VecDeque<Do>>,
    pub output: RefCell<Vec<String>>,
    /// What the phone scanned: the secret of the sheet.
    pub secret: RefCell<Option<String>>,
    pub recovery: RefCell<Vec<String>>,
    pub old_recovery: RefCell<Option<String>>,
    pub shown: Cell<bool>,
}

pub struct Actor<'a>(&'a Script);

impl Script {
    pub fn now(&self) -> UnixTime {
        UnixTime(self.clock.get())
    }

    pub fn code(&self, steps: i64) -> String {
        let secret = self.secret.borrow().clone().expect("nothing was shown");
        let entry = AppEntry::parse(&format!("otpauth://totp/x?secret={secret}")).unwrap();
        let step = self.now().step(entry.key.period());
        entry.key.code(Step(step.0.checked_add_signed(steps).unwrap())).reveal(entry.key.digits()).to_string()
    }

    pub fn was_told(&self, text: &str) -> bool {
        self.output.borrow().iter().any(|output| output.contains(text))
    }
}

impl Ui for Actor<'_> {
    fn say(&mut self, text: &str) {
        self.0.output.borrow_mut().push(text.to_owned());
    }

    fn ask(&mut self, question: &Question<'_>) -> Result<Zeroizing<String>, Stop> {
        self.0.output.borrow_mut().push(question.text.to_owned());
        loop {
            let next = self.0.todo.borrow_mut().pop_front();
            return match next.unwrap_or_else(|| panic!("no answer to {:?}", question.text)) {
                Type(text) => Ok(Zeroizing::new(text.to_owned())),
                Code(steps) => Ok(Zeroizing::new(self.0.code(steps))),
                OldRecovery => Ok(Zeroizing::new(self.0.old_recovery.borrow().clone().unwrap())),
                Go(stop) => Err(stop),
                Wait(seconds) => {
                    self.0.clock.set(self.0.clock.get() + seconds);
                    continue;
                }
            };
        }
    }

    fn show(&mut self, view: SecretView) {
        self.0.shown.set(true);
        let is_code = |word: &&str| word.len() == 11 && word.as_bytes()[5] == b'-';
        if !view.qr.is_empty() {
            let lines = view.text.lines().filter(|line| line.starts_with("  "));
            *self.0.secret.borrow_mut() = Some(lines.collect::<String>().replace(' ', ""));
        } else {
            let codes: Vec<_> = view.text.split_whitespace().filter(is_code).map(str::to_owned).collect();
            *self.0.recovery.borrow_mut() = codes;
        }
    }

    fn hide(&mut self) {
        self.0.shown.set(false);
    }
}

/// A printer that is out of order, and a disk that takes everything but over.pdf at the first try.
pub struct NoPages;

impl Pages for NoPages {
    fn can_print(&self) -> Result<(), PageError> {
        Ok(())
    }

    fn can_save(&self, path: &std::path::Path) -> Result<(), PageError> {
        if path.starts_with("/nodir") {
            Err(PageError::Failed(Some("/nodir".into()), nix::errno::Errno::ENOENT.into()))
        } else {
            Ok(())
        }
    }

    fn print(&self, _: &Page<'_>) -> Result<(), PageError> {
        Err(PageError::Failed(None, nix::errno::Errno::EIO.into()))
    }

    fn save(&self, _: &Page<'_>, path: &std::path::Path, over: bool) -> Result<(), PageError> {
        if path.extension().is_none() {
            return Err(PageError::Form);
        }
        if over || path.to_str() != Some("over.pdf") { Ok(()) } else { Err(PageError::Exists) }
    }
}

/// A home to keep the secret file in.
pub struct Home(tempfile::TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn talk(
        &self,
        script: &Script,
        proof: bool,
        act: impl FnOnce(&mut Session<'_>) -> Result<(), SessionError>,
    ) -> Result<(), SessionError> {
        let mut account = Account::of_uid(nix::unistd::getuid()).unwrap().unwrap();
        account.home = self.0.path().into();
        let clock = || script.now();
        let file = Template::parse("%h/otp").unwrap().locate(&account);
        let (policy, caller) = (Policy::default(), Caller::in_a_test());
        let backend = Backend::Direct { file, policy, as_root: !proof, clock: &clock, caller };
        let mut seed = script.clock.get();
        act(&mut Session {
            ui: &mut Actor(script),
            backend: &backend,
            messages: Messages::of_locale("en"),
            clock: &clock,
            random: &mut |bytes: &mut [u8]| {
                for byte in bytes {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    *byte = (seed >> 56) as u8;
                }
                Ok(())
            },
            pages: &NoPages,
            page_made: false,
            user: "anna".into(),
            contact: None,
            yes: false,
            batch: false,
        })
    }

    pub fn status(&self) -> Option<Status> {
        let mut status = None;
        self.talk(&script(&[]), true, |session| {
            status = session.backend.status()?;
            Ok(())
        })
        .unwrap();
        status
    }

    pub fn is_empty(&self) -> bool {
        self.0.path().read_dir().unwrap().next().is_none()
    }
}

pub fn script(todo: &[Do]) -> Script {
    Script {
        clock: Cell::new(1_700_000_010),
        todo: RefCell::new(todo.iter().copied().collect()),
        output: RefCell::default(),
        secret: RefCell::default(),
        recovery: RefCell::default(),
        old_recovery: RefCell::default(),
        shown: Cell::new(false),
    }
}
