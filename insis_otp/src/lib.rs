//! One-time passwords for Unix logins.
