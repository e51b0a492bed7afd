//! Secrets that exist already: taken from otpauth URIs, from the files of google-authenticator and pam_oath, and from
//! exports of authenticator apps and password managers.
//!
//! Each entry is taken or not, and for each it is said what of it was left out, and why.

mod aegis;
mod and_otp;
mod binary;
mod bitwarden;
mod csv;
mod entry;
mod exports;
mod fields;
mod files;
mod free_otp;
mod google;
mod migration;
mod oath;
mod two_fas;
mod uri;

pub use binary::Binary;
pub use entry::{Destination, ImportError, Imported, Rules, import_entry};
pub use exports::{Unreadable, read as exports, uris};
pub use files::{own_file, private_file};
pub use google::read as google;
pub use migration::read as migration;
pub use oath::{one_of_each_user, read as oath};
pub use uri::{read_input, uri};

use crate::oath::{InvalidParameter, InvalidSecret, OtpGenerator, ScratchCode};
use crate::otpauth::InvalidUri;
use crate::verify::State;

/// An entry of another program.
#[derive(Debug)]
pub struct Found {
    /// Whose it is, where the other program says so.
    pub user: Option<String>,
    /// In which line, where lines are entries.
    pub line: Option<usize>,
    /// Issuer and account, where the other program has them.
    pub names: Option<(String, String)>,
    /// What can be taken, or why nothing can.
    pub taken: Result<Taken, Unusable>,
}

/// What can be taken of an entry.
#[derive(Debug)]
pub struct Taken {
    /// The secret, and how codes are made of it.
    pub key: OtpGenerator,
    /// The phone's drift and the codes that are used, as far as the other program knows them.
    pub state: State,
    /// Scratch codes.
    pub scratch: Vec<ScratchCode>,
    /// What else there was.
    pub left_out: Vec<LeftOut>,
}

impl Found {
    /// What was found, and nothing known of it besides.
    pub const fn new(taken: Result<Taken, Unusable>) -> Self {
        Self { user: None, line: None, names: None, taken }
    }
}

impl Taken {
    /// A secret of which nothing else is known.
    pub fn of(key: OtpGenerator) -> Self {
        Self { key, state: State::default(), scratch: Vec::new(), left_out: Vec::new() }
    }
}

/// A part of an entry that an enrollment cannot keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// So many scratch codes: more than there can be here.
    ScratchCodes(usize),
    /// Rate limit, window, reuse: the site decides about these.
    SitePolicy,
    /// A PIN before the code.
    Pin,
    /// A drift of more than an hour.
    Drift,
    /// A parameter of a URI that is known and says nothing here.
    Parameter(&'static str),
    /// So many others, whose names may be anything.
    UnknownParameters(usize),
    /// Nothing is left out: the secret is shorter than it should be.
    ShortSecret,
}

/// Why an entry cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// Codes by counter.
    Counter,
    /// The secret is none that can be used.
    Secret(InvalidSecret),
    /// Algorithm, digits or period cannot be used.
    Parameter(InvalidParameter),
    /// It is not of the form that was expected.
    Form,
    /// The URI cannot be used.
    Uri(InvalidUri),
    /// Another line is for the same user: it has this number.
    OtherLine(usize),
}

impl From<InvalidSecret> for Unusable {
    fn from(why: InvalidSecret) -> Self {
        Self::Secret(why)
    }
}

impl From<InvalidParameter> for Unusable {
    fn from(why: InvalidParameter) -> Self {
        Self::Parameter(why)
    }
}

impl From<InvalidUri> for Unusable {
    fn from(why: InvalidUri) -> Self {
        match why {
            InvalidUri::Counter => Self::Counter,
            InvalidUri::Secret(why) => Self::Secret(why),
            InvalidUri::Parameter(why) => Self::Parameter(why),
            other => Self::Uri(other),
        }
    }
}
