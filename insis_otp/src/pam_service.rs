//! What is known of PAM services by their names.

/// Services on the machine itself.
const LOCAL: [&str; 17] = [
    "chfn",
    "chsh",
    "doas",
    "login",
    "newgrp",
    "otp-setup",
    "passwd",
    "pkexec",
    "polkit-1",
    "run0",
    "runuser",
    "runuser-l",
    "su",
    "su-l",
    "sudo",
    "sudo-i",
    "systemd-run0",
];

/// Services of servers that take answers to questions, and drop whatever else a module says.
const MUTE: [&str; 14] = [
    "cups",
    "cyrus",
    "dovecot",
    "imap",
    "openvpn",
    "pop3",
    "proftpd",
    "radiusd",
    "saslauthd",
    "sieve",
    "smtp",
    "squid",
    "vsftpd",
    "xrdp-sesman",
];

/// Whether a person sees what is said to them in this service besides questions. What is to be told to the owner of an
/// account must not count as told where nobody sees it.
#[must_use]
pub fn shows_messages(service: &str) -> bool {
    !MUTE.contains(&service)
}

/// Whether a service is one on the machine itself, and not for those who come over the network.
#[must_use]
pub fn is_local(service: &str) -> bool {
    LOCAL.contains(&service)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_known_by_name() {
        assert!(LOCAL.is_sorted() && MUTE.is_sorted());
        assert!(shows_messages("sshd") && !shows_messages("dovecot"));
        assert!(is_local("sudo-i") && !is_local("sshd"));
    }
}
