//! Tools for the black-box tests: what a sysadmin, a person with a phone, and an attacker use, as values that a test can
//! hold. Everything is real: libpam, sshd, sudo, ssh, terminals, authenticators, scanners.

pub mod clock;
pub mod crowd;
pub mod env;
pub mod faults;
pub mod paired;
pub mod pam;
pub mod phone;
pub mod screen;
pub mod ssh;
pub mod syslog;
pub mod terminal;
