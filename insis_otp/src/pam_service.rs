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
        assert!(LOCAL.is_sorted());
        assert!(is_local("sudo-i") && !is_local("sshd"));
    }
}
