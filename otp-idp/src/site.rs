//! What the program needs of this host: the settings, the client's secret, the authorities. Read before privileges are given
//! up.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use insis_otp::config::{Config, IdentityProvider};
use nix::fcntl::OFlag;
use zeroize::Zeroizing;

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
    let fail = |why: &str| Error::settings(format!("client_secret_file {}: {why}", path.display()));
    let file = open(path, OFlag::O_NOFOLLOW).map_err(|error| fail(&error.to_string()))?;
    let metadata = file.metadata().map_err(|error| fail(&error.to_string()))?;
    if !metadata.is_file() || metadata.uid() != 0 || metadata.mode() & 0o177 != 0 {
        return Err(fail("must be a file of root's with mode 0600"));
    }
    let text = read_at_most(&file, LONGEST_SECRET).map_err(|error| fail(&error.to_string()))?;
    let text = std::str::from_utf8(&text).unwrap_or_default().trim_end_matches(['\r', '\n']);
    if text.is_empty() || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(fail("must be one line of printable ASCII characters"));
    }
    Ok(Secret::new(text))
}

fn read_authorities(path: &Path) -> Result<Vec<u8>, Error> {
    let fail = |error: io::Error| Error::settings(format!("ca_file {}: {error}", path.display()));
    let mut read = read_public(path).map_err(fail)?;
    Ok(std::mem::take(&mut *read))
}

fn system_authorities() -> Result<Vec<u8>, Error> {
    let found = AUTHORITIES.into_iter().find_map(|path| read_public(Path::new(path)).ok());
    let mut found = found.ok_or_else(|| {
        Error::settings(format!("{} is not there: install ca-certificates, or set ca_file", AUTHORITIES[0]))
    })?;
    Ok(std::mem::take(&mut *found))
}

fn read_public(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    read_at_most(&open(path, OFlag::empty())?, LONGEST_AUTHORITIES)
}

/// Opens a file without waiting for what may be on the other side of it.
fn open(path: &Path, how: OFlag) -> io::Result<File> {
    let flags = OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | how;
    OpenOptions::new().read(true).custom_flags(flags.bits()).open(path)
}

fn read_at_most(file: &File, longest: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > longest {
        return Err(io::Error::other(format!("must be a regular file of at most {longest} bytes")));
    }
    // Of the final size at once, so that no grown-out-of copy of a secret is left behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1));
    file.take(metadata.len()).read_to_end(&mut bytes)?;
    Ok(bytes)
}
