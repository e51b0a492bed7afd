//! The conversation: asking, telling, and telling a reply from what only looks like one.

use pam::constants::{
    PAM_ERROR_MSG, PAM_PROMPT_ECHO_OFF, PAM_PROMPT_ECHO_ON, PAM_SILENT, PAM_TEXT_INFO, PamFlag,
};
use pam::conv::Conv;
use pam::items::AuthTok;
use pam::module::PamHandle;
use pam::secret::SecretBytes;
use subtle::ConstantTimeEq;

use crate::outcome::NoReply;

/// What came back from the prompt.
pub enum Reply {
    /// Something to verify.
    Attempt(SecretBytes),
    /// The password: a client that answers every hidden prompt with it, or a person who did not look.
    Password,
    /// What sshd puts in the place of the reply of somebody who may not log in.
    Filler,
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
    let style = if echo { PAM_PROMPT_ECHO_ON } else { PAM_PROMPT_ECHO_OFF };
    let conversation = conversation(pamh).ok_or(NoReply::Conversation)?;
    let reply = conversation.send(style, prompt).map_err(|_| NoReply::Conversation)?.ok_or(NoReply::Empty)?;
    if reply.is_empty() {
        return Err(NoReply::Empty);
    }
    // First of all: the password was replaced by the same filler, if it was as long.
    if is_filler(reply.as_bytes()) {
        return Ok(Reply::Filler);
    }
    let password = pamh.get_item::<AuthTok>().ok().flatten();
    if password.is_some_and(|password| bool::from(password.as_bytes().ct_eq(reply.as_bytes()))) {
        return Ok(Reply::Password);
    }
    Ok(Reply::Attempt(reply))
}

/// Tells something. Nothing depends on whether it arrives.
pub fn tell(pamh: &PamHandle, flags: PamFlag, text: &str) {
    say(pamh, flags, PAM_TEXT_INFO, text);
}

/// Tells of a mistake that is not the person's.
pub fn complain(pamh: &PamHandle, flags: PamFlag, text: &str) {
    say(pamh, flags, PAM_ERROR_MSG, text);
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
