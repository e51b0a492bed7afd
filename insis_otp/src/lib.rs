//! One-time passwords for Unix logins: what a code is, when it opens a login, and where that is kept.
//!
//! Layers, each of which uses those above it in this list only:
//!
//! - [`oath`]: secrets, codes, time steps, recovery codes (RFC 4226, RFC 6238). Pure.
//! - [`verify`]: windows, replay, throttling and the verdict. Pure: it never asks for the time, opens a file or calls the
//!   operating system.
//! - [`record`]: what is kept about a person, whatever keeps it.
//! - [`config`]: what the site decides, parsed strictly into types of [`verify`]; [`config::arguments`] of a PAM stack stand over it.
//! - [`identity`]: who somebody is at an OpenID provider, and the words in which `otp-idp` is asked.
//! - [`store`]: the secret file: where it is, its form, its lock, and who may touch it.
//!
//! [`otpauth`] is how apps are told of a secret; [`service`] is the one way to what can be done with an enrollment.
#![forbid(unsafe_code)]

pub mod audit;
pub mod config;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod files;
pub mod identity;
#[cfg(feature = "import")]
pub mod import;
mod keyed;
pub mod naming;
pub mod network;
pub mod oath;
pub mod otpauth;
pub mod pam_service;
pub mod pam_stack;
pub mod record;
pub mod service;
pub mod store;
pub mod strict;
pub mod verify;

pub use keyed::{RememberedClient, Source};
