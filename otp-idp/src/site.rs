//! What the program needs of this host: the settings, the client's secret, the authorities. Read before privileges are given
//! up.

use std::io;
use std::path::Path;

use confinement::files::{Readers, read_public, read_secret_line};
use insis_otp::config::{Config, IdentityProvider};

use crate::error::Error;
use crate::secret::Secret;

/// The longest secret, in bytes.
const LONGEST_SECRET: u64 = 4096;
/// The longest file of authorities, in bytes.
const LONGEST_AUTHORITIES: u64 = 4 * 1024 * 1024;
/// Where the system keeps the authorities that it trusts: Debian, Fedora, Alpine.
const AUTHORITIES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// What the program needs of this host.
#[derive(Clone, Debug)]
pub struct Site {
    /// The settings.
    pub provider: IdentityProvider,
    /// This site's secret at the provider, where it has one.
    pub secret: Option<Secret>,
    /// The certificates that are trusted, as PEM.
    pub authorities: Vec<u8>,
}

impl Site {
    /// Reads it all.
    ///
    /// # Errors
    /// The settings have no provider, or something cannot be read or should not be trusted.
    pub fn read() -> Result<Self, Error> {
        let config = Config::site().map_err(|error| Error::settings(error.to_string()))?;
        let provider = config.identity_provider;
        let provider = provider
            .ok_or_else(|| Error::settings(format!("{} has no section [identity_provider]", Config::PATH)))?;
        let secret = provider.client_secret_file.as_deref().map(read_secret).transpose()?;
        let authorities = match &provider.ca_file {
            Some(path) => read_authorities(path)?,
            None => system_authorities()?,
        };
        Ok(Self { provider, secret, authorities })
    }
}

fn read_secret(path: &Path) -> Result<Secret, Error> {
    let line = read_secret_line(path, LONGEST_SECRET, Readers::Root);
    let fail = |error| Error::settings(format!("client_secret_file {}: {error}", path.display()));
    line.map(|line| Secret::new(&line)).map_err(fail)
}

fn read_authorities(path: &Path) -> Result<Vec<u8>, Error> {
    let fail = |error: io::Error| Error::settings(format!("ca_file {}: {error}", path.display()));
    let mut read = read_public(path, LONGEST_AUTHORITIES).map_err(fail)?;
    Ok(std::mem::take(&mut *read))
}

fn system_authorities() -> Result<Vec<u8>, Error> {
    let found =
        AUTHORITIES.into_iter().find_map(|path| read_public(Path::new(path), LONGEST_AUTHORITIES).ok());
    let mut found = found.ok_or_else(|| {
        Error::settings(format!("{} is not there: install ca-certificates, or set ca_file", AUTHORITIES[0]))
    })?;
    Ok(std::mem::take(&mut *found))
}
