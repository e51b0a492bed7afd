//! A PAM application for tests: real libpam, any stack, a scripted person.
//!
//! ```no_run
//! use insis_otp_tests::pam::{Code, Login, Stack};
//! let stack = Stack::new("door", "auth required pam_permit.so");
//! let mut login = Login::on(&stack).user("anna").rhost("192.0.2.7").types(["123456"]).begin();
//! assert_eq!(login.authenticate(), Code::SUCCESS);
//! assert!(login.messages().is_empty());
//! ```

mod ffi;

use std::ffi::CString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Serialize;
use zeroize::Zeroizing;

/// Asks the person for the password and keeps it in PAM_AUTHTOK, unchecked: stands in for the password step.
pub const ASK_PASSWORD: &str = "auth required pam_exec.so quiet expose_authtok /bin/true\n";

/// What libpam returned.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code(i32);

macro_rules! codes {
    ($($name:ident = $value:literal),* $(,)?) => {
        #[allow(missing_docs, reason = "the names are libpam's")]
        impl Code {
            $(pub const $name: Self = Self($value);)*

            /// The name in libpam's headers.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self.0 { $($value => concat!("PAM_", stringify!($name)),)* _ => "unknown" }
            }

            /// The code of that name in libpam's headers.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name.strip_prefix("PAM_")? { $(stringify!($name) => Some(Self::$name),)* _ => None }
            }
        }
    };
}

codes! {
    SUCCESS = 0, OPEN_ERR = 1, SYMBOL_ERR = 2, SERVICE_ERR = 3, SYSTEM_ERR = 4, BUF_ERR = 5, PERM_DENIED = 6,
    AUTH_ERR = 7, CRED_INSUFFICIENT = 8, AUTHINFO_UNAVAIL = 9, USER_UNKNOWN = 10, MAXTRIES = 11,
    NEW_AUTHTOK_REQD = 12, ACCT_EXPIRED = 13, SESSION_ERR = 14, CRED_UNAVAIL = 15, CRED_EXPIRED = 16, CRED_ERR = 17,
    NO_MODULE_DATA = 18, CONV_ERR = 19, AUTHTOK_ERR = 20, AUTHTOK_RECOVERY_ERR = 21, AUTHTOK_LOCK_BUSY = 22,
    AUTHTOK_DISABLE_AGING = 23, TRY_AGAIN = 24, IGNORE = 25, ABORT = 26, AUTHTOK_EXPIRED = 27, MODULE_UNKNOWN = 28,
    BAD_ITEM = 29, CONV_AGAIN = 30, INCOMPLETE = 31,
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name())
    }
}

/// How a message is to be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// A question whose answer is not shown.
    EchoOff,
    /// A question whose answer is shown.
    EchoOn,
    /// An error message.
    Error,
    /// A piece of information.
    Info,
    /// Anything else.
    Other,
}

impl Style {
    fn from_raw(style: i32) -> Self {
        match style {
            1 => Self::EchoOff,
            2 => Self::EchoOn,
            3 => Self::Error,
            4 => Self::Info,
            _ => Self::Other,
        }
    }

    /// Whether an answer is waited for.
    #[must_use]
    pub fn asks(self) -> bool {
        matches!(self, Self::EchoOff | Self::EchoOn)
    }
}

/// One message of a module to the person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Message {
    /// How it is to be shown.
    pub style: Style,
    /// What it says.
    pub text: String,
}

/// What the person, or a misbehaving application, answers to a question.
#[derive(Clone, Debug)]
pub enum Reply {
    /// These bytes.
    Text(Zeroizing<Vec<u8>>),
    /// A NULL pointer instead of the text.
    Null,
    /// PAM_SUCCESS, but a NULL pointer instead of the array of replies.
    NoReplies,
    /// PAM_CONV_ERR: the connection is gone, or ^C.
    Error,
    /// PAM_CONV_AGAIN.
    Again,
}

impl Reply {
    /// That text.
    #[must_use]
    pub fn text(text: impl AsRef<[u8]>) -> Self {
        Self::Text(Zeroizing::new(text.as_ref().to_vec()))
    }

    /// A reply of so many digits.
    #[must_use]
    pub fn huge(length: usize) -> Self {
        Self::Text(Zeroizing::new(vec![b'1'; length]))
    }
}

impl From<&str> for Reply {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Reply {
    fn from(text: String) -> Self {
        Self::text(Zeroizing::new(text).as_str())
    }
}

/// A PAM stack in a folder of its own: nothing in the machine's /etc/pam.d has a say.
#[derive(Debug)]
pub struct Stack {
    folder: tempfile::TempDir,
    service: String,
}

impl Stack {
    /// The stack of `service`.
    #[must_use]
    pub fn new(service: &str, lines: &str) -> Self {
        let folder = tempfile::tempdir().expect("no folder for the PAM stack");
        std::fs::write(folder.path().join(service), format!("{lines}\n"))
            .expect("cannot write the PAM stack");
        Self { folder, service: service.to_owned() }
    }

    /// The folder, for `pam_start_confdir`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The service's name.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }
}

/// A PAM item whose value is text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are libpam's")]
pub enum Item {
    Service = 1,
    User = 2,
    Tty = 3,
    Rhost = 4,
    Ruser = 8,
    UserPrompt = 9,
    Xdisplay = 11,
}

/// A login to be: which stack, who, from where, and what the person answers.
pub struct Login {
    service: String,
    confdir: Option<PathBuf>,
    user: Option<String>,
    items: Vec<(Item, String)>,
    talk: ffi::Talk,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({}, {:?})", self.service, self.user)
    }
}

impl Login {
    /// By a stack in a folder of its own.
    #[must_use]
    pub fn on(stack: &Stack) -> Self {
        Self::to(stack.service()).confdir(stack.folder())
    }

    /// By a service of /etc/pam.d.
    #[must_use]
    pub fn to(service: &str) -> Self {
        let talk = Box::new(|_: &Message| Reply::Error);
        Self { service: service.to_owned(), confdir: None, user: None, items: Vec::new(), talk }
    }

    /// Where the service's file is.
    #[must_use]
    pub fn confdir(self, folder: &Path) -> Self {
        Self { confdir: Some(folder.to_owned()), ..self }
    }

    /// Who logs in.
    #[must_use]
    pub fn user(self, name: &str) -> Self {
        Self { user: Some(name.to_owned()), ..self }
    }

    /// From where.
    #[must_use]
    pub fn rhost(self, host: &str) -> Self {
        self.item(Item::Rhost, host)
    }

    /// Sets an item before the first call.
    #[must_use]
    pub fn item(mut self, item: Item, value: &str) -> Self {
        self.items.push((item, value.to_owned()));
        self
    }

    /// The answers, in turn; after the last one the connection is gone.
    #[must_use]
    pub fn types<R: Into<Reply>>(self, replies: impl IntoIterator<Item = R>) -> Self {
        let mut replies: std::collections::VecDeque<Reply> = replies.into_iter().map(Into::into).collect();
        self.answers(move |_| replies.pop_front().unwrap_or(Reply::Error))
    }

    /// Answers by what is asked.
    #[must_use]
    pub fn answers(self, talk: impl FnMut(&Message) -> Reply + Send + 'static) -> Self {
        Self { talk: Box::new(talk), ..self }
    }

    /// `pam_start`: from here on the stack is loaded.
    #[must_use]
    pub fn begin(self) -> Pam {
        self.try_begin().unwrap_or_else(|code| panic!("pam_start returned {code:?}"))
    }

    /// `pam_start`, which may refuse.
    ///
    /// # Errors
    /// What libpam returned.
    pub fn try_begin(self) -> Result<Pam, Code> {
        let shared =
            ffi::Shared { talk: Mutex::new(self.talk), messages: Mutex::default(), delays: Mutex::default() };
        let service = text(&self.service);
        let user = self.user.as_deref().map(text);
        let confdir = self.confdir.as_deref().map(|dir| text(&dir.to_string_lossy()));
        let handle =
            ffi::Handle::start(&service, user.as_deref(), confdir.as_deref(), shared).map_err(Code)?;
        let mut pam = Pam { handle };
        for (item, value) in &self.items {
            pam.set(*item, value);
        }
        Ok(pam)
    }
}

fn text(value: &str) -> CString {
    CString::new(value).expect("a NUL cannot stand in what is handed to libpam")
}

/// A PAM transaction, ended by `pam_end` when dropped.
pub struct Pam {
    handle: ffi::Handle,
}

impl fmt::Debug for Pam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pam")
    }
}

/// `PAM_SILENT`
pub const SILENT: i32 = 0x8000;
/// `PAM_DISALLOW_NULL_AUTHTOK`
pub const DISALLOW_NULL_AUTHTOK: i32 = 0x0001;
/// `PAM_ESTABLISH_CRED`
pub const ESTABLISH_CRED: i32 = 0x0002;
/// `PAM_DELETE_CRED`
pub const DELETE_CRED: i32 = 0x0004;
/// `PAM_CHANGE_EXPIRED_AUTHTOK`
pub const CHANGE_EXPIRED_AUTHTOK: i32 = 0x0020;

impl Pam {
    /// `pam_authenticate` without flags.
    pub fn authenticate(&mut self) -> Code {
        self.authenticate_with(0)
    }

    /// `pam_authenticate`
    pub fn authenticate_with(&mut self, flags: i32) -> Code {
        Code(self.handle.call(ffi::Call::Authenticate, flags))
    }

    /// `pam_setcred`
    pub fn setcred(&mut self, flags: i32) -> Code {
        Code(self.handle.call(ffi::Call::Setcred, flags))
    }

    /// `pam_acct_mgmt`
    pub fn acct_mgmt(&mut self, flags: i32) -> Code {
        Code(self.handle.call(ffi::Call::AcctMgmt, flags))
    }

    /// `pam_chauthtok`
    pub fn chauthtok(&mut self, flags: i32) -> Code {
        Code(self.handle.call(ffi::Call::Chauthtok, flags))
    }

    /// `pam_open_session`
    pub fn open_session(&mut self, flags: i32) -> Code {
        Code(self.handle.call(ffi::Call::OpenSession, flags))
    }

    /// `pam_close_session`
    pub fn close_session(&mut self, flags: i32) -> Code {
        Code(self.handle.call(ffi::Call::CloseSession, flags))
    }

    /// `pam_set_item`
    pub fn set(&mut self, item: Item, value: &str) -> Code {
        Code(self.handle.set_text(item as i32, &text(value)))
    }

    /// `pam_get_item`
    #[must_use]
    pub fn get(&self, item: Item) -> Option<String> {
        self.handle.text(item as i32).map(|value| value.to_string_lossy().into_owned())
    }

    /// Everything that was said to the person so far.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        self.handle.shared().messages.lock().expect("a conversation panicked").clone()
    }

    /// The texts of the questions so far.
    #[must_use]
    pub fn prompts(&self) -> Vec<String> {
        self.messages()
            .into_iter()
            .filter(|message| message.style.asks())
            .map(|message| message.text)
            .collect()
    }

    /// The delays after failures, in microseconds, that libpam asked for. None of them was slept.
    #[must_use]
    pub fn delays(&self) -> Vec<u32> {
        self.handle.shared().delays.lock().expect("a conversation panicked").clone()
    }
}
