//! The conversation: asking, telling, and telling a reply from what only looks like one.

use subtle::ConstantTimeEq;

use crate::host::{Flags, Host, NoReply, SecretBytes, Style};

/// What came back from the prompt.
pub enum Reply {
    /// Something to verify.
    Attempt(SecretBytes),
    /// The password: a client that answers every hidden prompt with it, or a person who did not look.
    Password,
    /// What sshd puts instead of the reply of somebody who may not log in; as long as what was typed.
    Filler(usize),
}

/// What sshd fills with, over and over, up to the length of what was typed (fake_password in its auth-pam.c).
const FILLER: &[u8] = b"\x08\n\r\x7fINCORRECT";

fn is_filler(reply: &[u8]) -> bool {
    reply.iter().zip(FILLER.iter().cycle()).all(|(byte, filler)| byte == filler)
}

/// Asks a question.
///
/// # Errors
/// There is no conversation, it fails, or the reply is NULL or empty.
pub fn ask(host: &dyn Host, prompt: &str, echo: bool) -> Result<Reply, NoReply> {
    let reply = host.ask(prompt, echo)?;
    // First of all: the password was replaced by the same filler, if it was as long.
    if is_filler(&reply) {
        return Ok(Reply::Filler(reply.len()));
    }
    if host.password().is_some_and(|password| bool::from(password.ct_eq(&reply))) {
        return Ok(Reply::Password);
    }
    Ok(Reply::Attempt(reply))
}

/// Splits a reply of password and code, from the right; `None` when it does not end with so many digits.
pub fn split(reply: &[u8], digits: usize) -> Option<(&[u8], &[u8])> {
    let (password, code) = reply.split_at_checked(reply.len().checked_sub(digits)?)?;
    code.iter().all(u8::is_ascii_digit).then_some((password, code))
}

/// Tells something. Nothing depends on whether it arrives.
pub fn tell(host: &dyn Host, flags: Flags, text: &str) {
    if !flags.silent {
        host.show(Style::Info, text);
    }
}

/// Tells of a mistake that is not the person's.
pub fn complain(host: &dyn Host, flags: Flags, text: &str) {
    if !flags.silent {
        host.show(Style::Error, text);
    }
}

/// The same within sshd, which shows what a module says at the next question only, and a refusal has none: as a question.
/// What is typed is thrown away.
pub fn complain_in_question(host: &dyn Host, flags: Flags, text: &str) {
    if !flags.silent {
        let _ = host.ask(text, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filler_is_known_at_any_length() {
        let long: Vec<u8> = FILLER.iter().cycle().copied().take(40).collect();
        assert!((1..40).all(|length| is_filler(&long[..length])));
        for reply in ["123456", "\u{8}\n\rx", "INCORRECT"] {
            assert!(!is_filler(reply.as_bytes()));
        }
    }

    #[test]
    fn password_and_code_are_split_from_the_right() {
        let split = |reply: &'static str, digits| split(reply.as_bytes(), digits);
        assert_eq!(split("secret123456", 6), Some((&b"secret"[..], &b"123456"[..])));
        assert_eq!(split("12345678901234", 8), Some((&b"123456"[..], &b"78901234"[..])));
        assert_eq!(split("123456", 6), Some((&b""[..], &b"123456"[..])));
        assert_eq!((split("secret12345", 6), split("12345", 6), split("", 6)), (None, None, None));
        assert_eq!(split("heslo\u{17e}123456", 6).unwrap().1, b"123456");
    }
}
