//! Records for the kernel's audit subsystem: what root does with somebody's enrollment, as passwd(1), usermod(8) and
//! faillock(8) report what they do.
//!
//! Logins need none from here: libpam sends a `USER_AUTH` record for each authentication, with the modules that granted it.
//! Sending takes CAP_AUDIT_WRITE, so that nothing is sent for anybody but root; where nothing audits, nothing happens.

use std::os::fd::AsRawFd;

use data_encoding::HEXUPPER;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, sendto, socket,
};

/// Kinds of records (linux/audit.h).
const USER_AUTH: u16 = 1100;
const USER_MGMT: u16 = 1102;
const USER_CHAUTHTOK: u16 = 1108;
/// A request (linux/netlink.h).
const NLM_F_REQUEST: u16 = 1;
/// The length of a header of netlink (struct nlmsghdr).
const HEADER: usize = 16;

/// Sends the record of an act on this user's enrollment. One that nobody takes is no reason to fail: the log has it too.
pub fn send(action: &str, user: &str, succeeded: bool) {
    let message = message(kind(action), &record(action, user, succeeded));
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let audit = socket(AddressFamily::Netlink, SockType::Raw, flags, SockProtocol::NetlinkAudit);
    if let Ok(audit) = audit {
        let kernel = NetlinkAddr::new(0, 0);
        let _ = sendto(audit.as_raw_fd(), &message, &kernel, MsgFlags::empty());
    }
}

/// What kind of record an act is: a change of what somebody authenticates with, an authentication, or other management.
fn kind(action: &str) -> u16 {
    match action {
        "verify" => USER_AUTH,
        "export" | "forget" | "unlock" => USER_MGMT,
        _ => USER_CHAUTHTOK,
    }
}

/// The text, in the form of audit_log_acct_message(3).
fn record(action: &str, user: &str, succeeded: bool) -> String {
    let exe = std::fs::read_link("/proc/self/exe").unwrap_or_default();
    let terminal = nix::unistd::ttyname(std::io::stdin()).unwrap_or_default();
    let terminal = terminal.strip_prefix("/dev/").unwrap_or(&terminal).to_string_lossy().into_owned();
    let terminal = if terminal.is_empty() { "?" } else { &terminal };
    let result = if succeeded { "success" } else { "failed" };
    format!(
        "op=insis-otp:{action} acct={} exe={} hostname=? addr=? terminal={terminal} res={result}",
        value(user),
        value(&exe.to_string_lossy())
    )
}

/// A value as audit has it: in quotation marks, or in hexadecimal where it could break out of them.
fn value(text: &str) -> String {
    let breaks = |byte: u8| byte == b'"' || byte < 0x21 || byte == 0x7F;
    if text.bytes().any(breaks) { HEXUPPER.encode(text.as_bytes()) } else { format!("\"{text}\"") }
}

/// The text as a message of netlink.
fn message(kind: u16, text: &str) -> Vec<u8> {
    // With the NUL that libaudit sends as well.
    let length = HEADER + text.len() + 1;
    let mut message = Vec::with_capacity(length);
    message.extend(u32::try_from(length).unwrap_or(0).to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend(NLM_F_REQUEST.to_ne_bytes());
    // The sequence and the sender, which the kernel fills in.
    message.extend([0; 8]);
    message.extend(text.as_bytes());
    message.push(0);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_one_of_audits() {
        let record = record("export", "anna", true);
        assert!(record.starts_with("op=insis-otp:export acct=\"anna\" exe=\"/"), "{record}");
        assert!(record.ends_with(" res=success"), "{record}");
        let message = message(kind("import"), "op=x");
        assert_eq!(message.len(), 21);
        assert_eq!(message[..8], [&21_u32.to_ne_bytes()[..], &1108_u16.to_ne_bytes(), &[1, 0]].concat()[..]);
        assert!(message.ends_with(b"op=x\0"));
    }

    #[test]
    fn a_name_cannot_forge_a_record() {
        assert_eq!(value("anna"), "\"anna\"");
        assert_eq!(value("x\" res=success"), "7822207265733D73756363657373");
        assert_eq!(value("x\ny"), "780A79");
    }
}
