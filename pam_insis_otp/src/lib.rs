//! `pam_insis_otp.so`: asks for a one-time password after the password.
//!
//! | part | subject |
//! | --- | --- |
//! | `login` | one authentication from first question to end |
//! | `target` | whom a code is verified for, and whom policy lets pass without |
//! | `enrollment` | enrollment within the login |
//! | `sign_in` | signing in at the identity provider instead of a code |
//! | `stack` | whether a PAM service has the lines that this takes |
//! | `access` | how the secret file is reached: opened here, or through `otp-helper` |
//! | `dialogue` | the conversation: questions, replies, what is no attempt |
//! | `outcome` | how an authentication can end, and the one road from there to a PAM code |
//! | `messages` | what people read |
//! | `contact` | whom to ask for help, said to whoever cannot help themselves |
//! | `presence` | whether the person is still there while nobody is asked |
//! | `reminder` | whom a day was named from which a code is needed, and when |
//! | `report` | the lines in the log |
//! | `host` | what the module asks of the application, and libpam as one that answers |
//! | `ffi` | the little that takes unsafe code |
#![deny(unsafe_code)]

mod access;
mod contact;
mod date;
mod dialogue;
mod enrollment;
mod entry;
mod ffi;
mod guard;
mod host;
mod login;
#[cfg(test)]
mod manual;
mod messages;
mod outcome;
mod presence;
mod qr;
mod reminder;
mod report;
mod sign_in;
mod stack;
mod target;
