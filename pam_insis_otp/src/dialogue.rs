//! The conversation: asking, telling, and telling a reply from what only looks like one.

use pam::constants::{
    PAM_ERROR_MSG, PAM_PROMPT_ECHO_OFF, PAM_PROMPT_ECHO_ON, PAM_SILENT, PAM_TEXT_INFO, PamFlag,
};
use pam::conv::Conv;
use pam::items::AuthTok;
use pam::module::PamHandle;
use pam::secret::SecretBytes;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::outcome::NoReply;

/// What came back from the prompt.
pub enum Reply {
    /// Something to verify.
    Attempt(SecretBytes),
    /// The password: a client that answers every hidden prompt with it, or a person who did not look.
    Password,
    /// What sshd puts in the place of the reply of somebody who may not log in; as long as what was typed.
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
pub fn ask(pamh: &PamHandle, prompt: &str, echo: bool) -> Result<Reply, NoReply> {
    let reply = ask_for_bytes(pamh, prompt, echo)?;
    // First of all: the password was replaced by the same filler, if it was as long.
    if is_filler(reply.as_bytes()) {
        return Ok(Reply::Filler(reply.len()));
    }
    if password(pamh).is_some_and(|password| bool::from(password.ct_eq(reply.as_bytes()))) {
        return Ok(Reply::Password);
    }
    Ok(Reply::Attempt(reply))
}

/// Asks a question, and takes the reply for what it is.
///
/// # Errors
/// There is no conversation, it fails, or the reply is NULL or empty.
pub fn ask_for_bytes(pamh: &PamHandle, prompt: &str, echo: bool) -> Result<SecretBytes, NoReply> {
    let style = if echo { PAM_PROMPT_ECHO_ON } else { PAM_PROMPT_ECHO_OFF };
    let conversation = conversation(pamh).ok_or(NoReply::Conversation)?;
    let reply = conversation.send(style, prompt).map_err(|_| NoReply::Conversation)?.ok_or(NoReply::Empty)?;
    if reply.is_empty() { Err(NoReply::Empty) } else { Ok(reply) }
}

/// The password that a module above asked for.
pub fn password(pamh: &PamHandle) -> Option<Zeroizing<Vec<u8>>> {
    let password = pamh.get_item::<AuthTok<'_>>().ok().flatten()?;
    let password = Zeroizing::new(password.as_bytes().to_vec());
    (!password.is_empty()).then_some(password)
}

/// Splits a reply of password and code, from the right; `None` when it does not end with so many digits.
pub fn split(reply: &[u8], digits: usize) -> Option<(&[u8], &[u8])> {
    let (password, code) = reply.split_at_checked(reply.len().checked_sub(digits)?)?;
    code.iter().all(u8::is_ascii_digit).then_some((password, code))
}

/// Tells something. Nothing depends on whether it arrives.
pub fn tell(pamh: &PamHandle, flags: PamFlag, text: &str) {
    say(pamh, flags, PAM_TEXT_INFO, text);
}

/// Tells of a mistake that is not the person's.
pub fn complain(pamh: &PamHandle, flags: PamFlag, text: &str) {
    say(pamh, flags, PAM_ERROR_MSG, text);
}

/// The same within sshd, which shows what a module says at the next question only, and a refusal has none: as a question.
/// What is typed is thrown away.
pub fn complain_in_question(pamh: &PamHandle, flags: PamFlag, text: &str) {
    if flags & PAM_SILENT == 0 {
        let _ = ask_for_bytes(pamh, text, true);
    }
}

fn say(pamh: &PamHandle, flags: PamFlag, style: pam::constants::PamMessageStyle, text: &str) {
    if flags & PAM_SILENT == 0
        && let Some(conversation) = conversation(pamh)
    {
        let _ = conversation.send(style, text);
    }
}

fn conversation(pamh: &PamHandle) -> Option<Conv<'_>> {
    pamh.get_item::<Conv<'_>>().ok().flatten()
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
