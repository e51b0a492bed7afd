//! Asks an OpenID provider whether somebody signs in there with a second factor: OAuth 2.0 device authorization grant
//! (RFC 8628), OpenID Connect discovery, and the checks of an ID token (OpenID Connect Core 1.0, section 3.1.3.7).
//!
//! What reads answers is pure and knows neither network nor clock: [`json`], [`numbers`], [`discovery`], [`device_flow`],
//! [`key_set`], [`jws`], [`token`]. [`http`] is the only module that talks to the network, [`site`] the only one that
//! reads files, and [`flow`] does one after the other.
#![forbid(unsafe_code)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod device_flow;
pub mod discovery;
pub mod error;
pub mod flow;
pub mod form;
pub mod http;
pub mod json;
pub mod jws;
pub mod key_set;
pub mod numbers;
pub mod secret;
#[cfg(any(test, feature = "signing"))]
#[expect(clippy::expect_used, reason = "it is for tests, which end then")]
pub mod signing;
pub mod site;
pub mod token;
