//! The section `[fleet]`: the directory in which enrollments are that hold on every host of a site.

use std::path::PathBuf;

use crate::oath::Seconds;
use crate::strict::Error;

/// Where enrollments are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoreKind {
    /// In secret files of this host.
    #[default]
    File,
    /// In the LDAP directory of `[fleet]`, but for those of some users.
    Ldap,
}

/// The directory, and who this host is to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fleet {
    /// The servers, in the order in which they are tried.
    pub servers: Vec<Server>,
    /// Below this entry people are looked up.
    pub base: String,
    /// The attribute that has their names.
    pub user_attribute: String,
    /// The certificates of the authorities that are trusted.
    pub ca_file: PathBuf,
    /// This host's certificate, by which it says who it is (SASL EXTERNAL).
    pub certificate_file: Option<PathBuf>,
    /// The key of it.
    pub key_file: Option<PathBuf>,
    /// Who this host is, where a password says so.
    pub bind_dn: Option<String>,
    /// The file of root's with the password.
    pub password_file: Option<PathBuf>,
    /// How long a login waits for the directory.
    pub deadline: Seconds,
    /// How many requests of logins go to the directory in a second.
    pub attempts_per_second: u32,
    /// Whose enrollments are in secret files of this host all the same.
    pub break_glass_users: Vec<String>,
}

impl Default for Fleet {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            base: String::new(),
            user_attribute: "uid".to_owned(),
            ca_file: PathBuf::new(),
            certificate_file: None,
            key_file: None,
            bind_dn: None,
            password_file: None,
            deadline: Self::DEADLINE,
            attempts_per_second: 20,
            break_glass_users: vec!["root".to_owned()],
        }
    }
}

impl Fleet {
    const DEADLINE: Seconds = Seconds(4);

    /// # Errors
    /// The first key that is needed and not there.
    pub(super) fn complete(&self) -> Result<(), Error> {
        let (certificate, key) = (self.certificate_file.is_some(), self.key_file.is_some());
        let (dn, password) = (self.bind_dn.is_some(), self.password_file.is_some());
        let is_local = self.servers.iter().all(Server::is_local);
        let missing = match () {
            () if self.servers.is_empty() => "servers",
            () if self.base.is_empty() => "base",
            () if self.ca_file.as_os_str().is_empty() && !is_local => "ca_file",
            () if key && !certificate => "certificate_file",
            () if certificate && !key => "key_file",
            () if password && !dn => "bind_dn",
            () if dn && !password => "password_file",
            // Nobody binds without a name. A server of this host knows the user of the program.
            () if !certificate && !dn && !is_local => return Err(Error::MissingIdentity),
            () => return Ok(()),
        };
        Err(Error::Missing("fleet", missing))
    }
}

impl StoreKind {
    pub(super) fn named(word: &str) -> Option<Self> {
        match word {
            "file" => Some(Self::File),
            "ldap" => Some(Self::Ldap),
            _ => None,
        }
    }
}

/// The servers in a list, where all are, and not too many.
#[cold]
#[inline(never)]
pub(super) fn servers(list: &[&str]) -> Option<Vec<Server>> {
    let servers = list.iter().map(|text| Server::parse(text)).collect::<Option<Vec<_>>>()?;
    (1..=8).contains(&servers.len()).then_some(servers)
}

/// Whether it is the name of an attribute (RFC 4512, section 1.4).
pub(super) fn is_attribute_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    text.len() <= 64 && text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(is_plain)
}

/// A server of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its name, which its certificate has to have, or its address; of one on this host, the path of its socket.
    pub host: String,
    /// Its port; 0 of one on this host.
    pub port: u16,
    /// Whether TLS is begun within LDAP, by StartTLS. There is no other way without TLS.
    pub start_tls: bool,
}

impl Server {
    /// Where Debian's slapd has its socket.
    const SOCKET: &str = "/run/slapd/ldapi";

    /// Whether it is on this host, and asked by a socket of the file system, without TLS.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.host.starts_with('/')
    }

    /// `ldapi:///`, or `ldapi://%2Frun%2Fother%2Fldapi` with the path of the socket.
    fn local(rest: &str) -> Option<Self> {
        if matches!(rest, "" | "/") {
            return Some(Self { host: Self::SOCKET.to_owned(), port: 0, start_tls: false });
        }
        let path = rest.strip_suffix('/').unwrap_or(rest).replace("%2F", "/").replace("%2f", "/");
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_');
        let is_path = rest.starts_with('%') && path.starts_with('/') && path.len() < 108;
        (is_path && path.bytes().all(is_plain)).then_some(Self { host: path, port: 0, start_tls: false })
    }

    /// `ldaps://ldap.example.org`, or `ldap://ldap.example.org` for StartTLS; a port may follow. Or one on this host, `ldapi:///`.
    #[cold]
    #[inline(never)]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix("ldapi://") {
            return Self::local(rest);
        }
        let (rest, port, start_tls) = match (text.strip_prefix("ldaps://"), text.strip_prefix("ldap://")) {
            (Some(rest), _) => (rest, 636, false),
            (None, Some(rest)) => (rest, 389, true),
            (None, None) => return None,
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        // An IPv6 address stands in brackets.
        let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, "")) => (address, Some(port)),
            Some((address, rest)) => (address, rest.strip_prefix(':').and_then(|port| port.parse().ok())),
            None => match rest.split_once(':') {
                Some((host, port)) => (host, port.parse().ok()),
                None => (rest, Some(port)),
            },
        };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':');
        let is_host = (1..=253).contains(&host.len()) && host.bytes().all(is_plain);
        Some(Self {
            host: is_host.then(|| host.to_owned())?,
            port: port.filter(|port| *port > 0)?,
            start_tls,
        })
    }
}

/// As it stands in the settings, with its port.
impl std::fmt::Display for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { host, port, start_tls } = self;
        let scheme = if *start_tls { "ldap" } else { "ldaps" };
        match host.contains(':') {
            _ if self.is_local() => write!(f, "ldapi://{}", host.replace('/', "%2F")),
            true => write!(f, "{scheme}://[{host}]:{port}"),
            false => write!(f, "{scheme}://{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_strictly() {
        let server = |host: &str, port, start_tls| Some(Server { host: host.into(), port, start_tls });
        for (text, expected) in [
            ("ldaps://ldap.example.org", server("ldap.example.org", 636, false)),
            ("ldap://ldap.example.org:3890/", server("ldap.example.org", 3890, true)),
            ("ldaps://[2001:db8::1]", server("2001:db8::1", 636, false)),
            ("ldaps://[2001:db8::1]:7", server("2001:db8::1", 7, false)),
            ("ldapi:///", server("/run/slapd/ldapi", 0, false)),
            ("ldapi://%2Frun%2fother-1%2Fldapi", server("/run/other-1/ldapi", 0, false)),
            ("ldapi://%2Frun%2Fother/", server("/run/other", 0, false)),
            ("ldapi:///run/slapd/ldapi", None),
            ("ldapi://host", None),
            ("ldapi://%2Frun%2Fa%20b", None),
            ("ldapi://%2Frun:7", None),
            ("ldaps://", None),
            ("ldaps://a:0", None),
            ("ldaps://a:65536", None),
            ("ldaps://user@a", None),
            ("ldaps://a/dc=ex", None),
            ("ldap.example.org", None),
        ] {
            assert_eq!(Server::parse(text), expected, "{text}");
            let shown = expected.as_ref().map(ToString::to_string);
            assert_eq!(shown.and_then(|shown| Server::parse(&shown)), expected, "{text}");
        }
    }
}
