//! What the program needs of this host: the settings, who the host is to the directory, whom it trusts. Read before root's
//! rights are given up.

use std::io;
use std::path::Path;
use std::time::Duration;

use confinement::files::{Readers, read_public, read_secret, read_secret_line};
use insis_otp::config::{Config, Fleet, Server};

use crate::message::Identity;
use crate::store::Directory;
use crate::tls::{client_config, without_authorities};

/// The longest password, in bytes.
const LONGEST_PASSWORD: u64 = 4096;
/// The longest file of certificates, or of a key, in bytes.
const LONGEST_PEM: u64 = 1024 * 1024;

/// The directory of this site, and the site's settings.
///
/// # Errors
/// Enrollments are elsewhere on this site, or something cannot be read or should not be trusted: says what.
pub fn read() -> Result<(Directory, Config), String> {
    let config = Config::site().map_err(|error| error.to_string())?;
    let fleet = config.fleet.as_ref();
    let fleet = fleet.ok_or_else(|| format!("{} has no section [fleet]", Config::PATH))?;
    Ok((directory(fleet)?, config))
}

/// The directory of a section.
///
/// # Errors
/// Something cannot be read or should not be trusted.
pub fn directory(fleet: &Fleet) -> Result<Directory, String> {
    let public =
        |key: &str, path: &Path| read_public(path, LONGEST_PEM).map_err(|error| fail(key, path, &error));
    // Where all servers are on this host, there is no TLS.
    let is_local = fleet.servers.iter().all(Server::is_local);
    let client_config =
        |certificate: Option<(&[u8], &[u8])>| match is_local && fleet.ca_file.as_os_str().is_empty() {
            true => without_authorities(),
            false => client_config(&public("ca_file", &fleet.ca_file)?, certificate),
        };
    let (tls, identity) =
        match (&fleet.certificate_file, &fleet.key_file, &fleet.bind_dn, &fleet.password_file) {
            (Some(certificate), Some(key), _, _) => {
                let certificate = public("certificate_file", certificate)?;
                let key = read_secret(key, LONGEST_PEM, Readers::Helper)
                    .map_err(|error| fail("key_file", key, &error))?;
                (client_config(Some((&certificate, &key)))?, Identity::External)
            }
            (_, _, Some(dn), Some(path)) => {
                let password = read_secret_line(path, LONGEST_PASSWORD, Readers::Helper);
                let password = password.map_err(|error| fail("password_file", path, &error))?;
                (client_config(None)?, Identity::Simple { dn: dn.clone(), password })
            }
            // It knows the user that this program runs as.
            _ if is_local => (client_config(None)?, Identity::External),
            _ => return Err("[fleet] does not say who this host is".to_owned()),
        };
    Ok(Directory {
        servers: fleet.servers.clone(),
        base: fleet.base.clone(),
        user_attribute: fleet.user_attribute.clone(),
        tls,
        identity,
        deadline: Duration::from_secs(fleet.deadline.0),
        wrap: None,
    })
}

/// Why a file was not read. What a person's process may not read, the administrator can open to `otp-helper`.
fn fail(key: &str, path: &Path, error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::PermissionDenied {
        return format!(
            "{key} {} is open to root only: people reach the directory where it is of the group insis-otp, with mode 0640",
            path.display()
        );
    }
    format!("{key} {}: {error}", path.display())
}
