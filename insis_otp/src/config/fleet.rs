//! The section `[fleet]`: the directory in which enrollments are that hold on every host of a site.

/// A server of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its name, which its certificate has to have, or its address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether TLS is begun within LDAP, by StartTLS. There is no other way without TLS.
    pub start_tls: bool,
}

impl Server {
    /// `ldaps://ldap.example.org`, or `ldap://ldap.example.org` for StartTLS; a port may follow.
    pub fn parse(text: &str) -> Option<Self> {
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
            ("ldapi:///run/slapd/ldapi", None),
            ("ldaps://", None),
            ("ldaps://a:0", None),
            ("ldaps://a:65536", None),
            ("ldaps://user@a", None),
            ("ldaps://a/dc=ex", None),
            ("ldap.example.org", None),
        ] {
            assert_eq!(Server::parse(text), expected, "{text}");
        }
    }
}
