//! PAM stacks as libpam has them: reading the files, and what becomes of the results of their modules.
//!
//! `otp-setup doctor` examines every stack with it; a test holds it to the real libpam.

pub mod files;
pub mod simulator;
