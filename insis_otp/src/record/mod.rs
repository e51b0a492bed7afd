//! What is kept about a person, whatever keeps it: names, and the enrollment. What changes with every attempt is
//! [`crate::verify::State`].
//!
//! How it is written down is a matter of the store's alone.

mod app_entry;
mod enrollment;
mod user_name;

pub use app_entry::AppEntry;
pub use enrollment::Enrollment;
pub use user_name::{InvalidUserName, UserName};
