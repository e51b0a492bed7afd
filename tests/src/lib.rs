//! Tools for the black-box tests: what a sysadmin, a person with a phone, and an attacker use, as values that a test can
//! hold. Everything is real: libpam, sshd, sudo, ssh, terminals, authenticators, scanners.
//!
//! | to | use |
//! | --- | --- |
//! | have users, PAM services, files, a log and a clock of the test's own | [`env::Env`] |
//! | begin with a machine on which somebody has enrolled | [`machine::Machine`] |
//! | call libpam in this process | [`pam::Login`] on a [`pam::Stack`] |
//! | call it in processes of their own, many at once, held before or after the calls | [`crowd`] |
//! | set the time that processes see | [`clock::Clock`], or [`env::Builder::clock`] for setuid programs and servers too |
//! | have people in a directory, behind SSSD | [`directory::Directory`] |
//! | log in over ssh | [`ssh::Sshd`] |
//! | type into a program and read its screen | [`terminal::Terminal`] |
//! | have codes from other people's authenticators, scan pictures | [`phone`] |
//! | see what a real xterm draws | [`screen::Screen`] |
//! | read a QR code as several scanners do | [`scanner::read`] |
//! | run `otp-setup doctor`, and do what it says | [`doctor`] |
//! | read systemd's journal | [`journal::Journal`] |
//! | hold a program while it has the lock | [`held::Held`] |
//! | have an OpenID provider, and people who sign in there | [`identity_provider`] |
//! | ask `otp-idp` one question | [`identity_flow`] |
//! | sign in at it in a login over ssh | [`sign_in::Scene`] |
//! | have somebody link their own account by a script | [`own_link`] |
//! | have a provider that behaves as none should | [`stub_provider`] |
//! | have a directory that keeps enrollments, and try a code there | [`fleet::Slapd`], [`fleet_attempt`] |
//! | have a 389 Directory Server that keeps enrollments (`make test-389`) | [`ds389::Ds389`] |
//! | freeze or kill all that is in a control group | [`control_group::ControlGroup`] |
//! | have a user try to get at programs that run for them | [`seizer::Seizer`] |
//! | break system calls, fill disks, search memory | [`faults`] |

// Tests may; their tools say what is wrong.
#![deny(clippy::indexing_slicing, clippy::unwrap_used)]

pub mod clock;
pub mod control_group;
pub mod crowd;
pub mod directory;
pub mod doctor;
pub mod ds389;
pub mod enrolled;
pub mod env;
pub mod faults;
pub mod fleet;
pub mod fleet_attempt;
pub mod guess;
pub mod held;
pub mod identity_flow;
pub mod identity_provider;
pub mod journal;
pub mod keepassxc;
pub mod machine;
pub mod memory;
pub mod network;
pub mod own_link;
pub mod pam;
pub mod person;
pub mod phone;
pub mod rounds;
pub mod scanner;
pub mod screen;
pub mod seizer;
pub mod sign_in;
pub mod slow;
pub mod ssh;
pub mod stub_provider;
pub mod syslog;
pub mod terminal;

pub use insis_otp_fuzz_targets::page;
