//! Czech, for what the library and the operating system say in English.

pub mod foreign;
pub mod store;
