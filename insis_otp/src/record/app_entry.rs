//! What stands in an authenticator app.

use crate::oath::{OtpGenerator, Parameters};

/// An entry of an authenticator app: a secret, what is computed with it, and the two names above the code. It is one type wherever
/// it stands: in an enrollment and in the proposal for one, in a URI, in what is imported.
#[derive(Clone, Debug)]
pub struct AppEntry {
    /// The secret, and how codes are made of it.
    pub key: OtpGenerator,
    /// The name above the account.
    pub issuer: String,
    /// The account: user and host, mostly.
    pub account: String,
}

impl AppEntry {
    /// Whether these are the parameters of every app: SHA1, six digits, 30 seconds.
    #[must_use]
    pub fn has_common_parameters(&self) -> bool {
        self.key.parameters() == Parameters::default()
    }
}
