//! Keeps enrollments in an LDAP directory, so that one enrollment holds on every host of a site, and one code opens one login
//! in all of them.
//!
//! [`store::LdapStore`] is the store; [`connection`] talks to a server, [`message`] and [`ber`] read and write what is sent,
//! and are pure, as is [`attributes`], which knows what an entry holds.
#![forbid(unsafe_code)]

pub mod attributes;
pub mod ber;
pub mod bucket;
pub mod certificate;
pub mod connection;
pub mod examine;
pub mod gate;
pub mod message;
pub mod serve;
pub mod site;
pub mod starter;
pub mod store;
pub mod stream;
pub mod tls;
