//! Whom of the help desk sudo has let in, and whom they may help.
//!
//! sudo lets members of the help desk run one command as root; this is what keeps them from doing more with it. Whatever cannot
//! be found out is a refusal.

use insis_otp::config::Config;
use insis_otp::record::UserName;
use insis_otp::store::Account;
use nix::unistd::{Group, Uid};

use crate::users;

/// Why somebody of the help desk may not do it.
#[derive(Debug)]
pub enum HelpdeskRefusal {
    /// The site has no help desk.
    Off,
    /// It was not a person who came by sudo.
    NotBySudo,
    /// The person is not in this group.
    NotMember(String),
    /// It is for their own account.
    Own,
    /// It is for root, or for a system account.
    NoPerson,
    /// It is for somebody who shares a user id with this account.
    SharedUserId(UserName),
    /// It is for a member of this group.
    Administrator(String),
    /// This group is not there.
    NoGroup(String),
    /// The user database does not answer.
    Unanswered(String),
}

impl HelpdeskRefusal {
    /// The refusal in a word: the `reason=` of the log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Off => "no-helpdesk",
            Self::NotBySudo => "not-by-sudo",
            Self::NotMember(_) => "not-helpdesk",
            Self::Own => "own-account",
            Self::NoPerson => "system-account",
            Self::SharedUserId(_) => "shared-user-id",
            Self::Administrator(_) => "administrator",
            Self::NoGroup(_) => "no-group",
            Self::Unanswered(_) => "user-database",
        }
    }
}

/// Sees whether who came by sudo may help this person. `sudo_uid` is what sudo says of who came.
///
/// # Errors
/// They may not, or it cannot be found out.
pub fn may_help(config: &Config, target: &Account, sudo_uid: Option<&str>) -> Result<(), HelpdeskRefusal> {
    let group = config.helpdesk_group.as_deref().ok_or(HelpdeskRefusal::Off)?;
    let helper = helper(sudo_uid)?;
    if !is_member(&helper, group)? {
        return Err(HelpdeskRefusal::NotMember(group.to_owned()));
    }
    if target.uid == helper.uid {
        return Err(HelpdeskRefusal::Own);
    }
    if !users::is_person(target.uid) {
        return Err(HelpdeskRefusal::NoPerson);
    }
    has_user_id_alone(target)?;
    for group in config.administrator_groups().chain([group]) {
        if is_member(target, group)? {
            return Err(HelpdeskRefusal::Administrator(group.to_owned()));
        }
    }
    Ok(())
}

/// The account of who came by sudo, which sets the variable itself, whatever it was before.
fn helper(sudo_uid: Option<&str>) -> Result<Account, HelpdeskRefusal> {
    // Rust's own reading takes a sign, too.
    let digits = sudo_uid.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let uid = digits.and_then(|text| text.parse().ok()).map(Uid::from_raw).filter(|uid| !uid.is_root());
    let uid = uid.ok_or(HelpdeskRefusal::NotBySudo)?;
    Account::of_uid(uid).map_err(|error| unanswered(&error))?.ok_or(HelpdeskRefusal::NotBySudo)
}

/// Another name of the same user id may be that of an administrator.
fn has_user_id_alone(target: &Account) -> Result<(), HelpdeskRefusal> {
    let by_uid = Account::of_uid(target.uid).map_err(|error| unanswered(&error))?;
    let listed = users::all().map_err(|error| HelpdeskRefusal::Unanswered(error.to_string()))?;
    let other = by_uid.into_iter().chain(listed).find(|one| one.uid == target.uid && one.name != target.name);
    other.map_or(Ok(()), |other| Err(HelpdeskRefusal::SharedUserId(other.name)))
}

/// Whether somebody is in a group that the settings name. Only of the usual groups of administrators need one not be there.
fn is_member(account: &Account, name: &str) -> Result<bool, HelpdeskRefusal> {
    let Some(group) = Group::from_name(name).map_err(|error| unanswered(&error))? else {
        return match Config::ADMINISTRATOR_GROUPS.contains(&name) {
            true => Ok(false),
            false => Err(HelpdeskRefusal::NoGroup(name.to_owned())),
        };
    };
    if account.gid == group.gid || group.mem.iter().any(|member| member == account.name.as_str()) {
        return Ok(true);
    }
    let account_name = std::ffi::CString::new(account.name.as_str())
        .map_err(|_| HelpdeskRefusal::Unanswered(account.name.to_string()))?;
    let groups = nix::unistd::getgrouplist(&account_name, account.gid).map_err(|error| unanswered(&error))?;
    Ok(groups.contains(&group.gid))
}

fn unanswered(error: &nix::Error) -> HelpdeskRefusal {
    HelpdeskRefusal::Unanswered(error.desc().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(config: &Config, sudo_uid: Option<&str>) -> &'static str {
        let root = Account::of_uid(Uid::from_raw(0)).unwrap().unwrap();
        may_help(config, &root, sudo_uid).unwrap_err().name()
    }

    #[test]
    fn nobody_helps_who_did_not_come_by_sudo_to_a_help_desk_that_is_there() {
        let off = Config::default();
        assert_eq!(refusal(&off, Some("1000")), "no-helpdesk");
        let mut on = off;
        on.helpdesk_group = Some("no such group".into());
        // Of a user id that everybody's machine has; what is no user id is not that one's.
        let one = Account::of_uid(Uid::from_raw(1)).unwrap().expect("daemon");
        assert_eq!(refusal(&on, Some(&one.uid.to_string())), "no-group");
        for not in
            ["", "0", "00", "x", "-1", "+1", " 1", "1 ", "1\n", "0x1", "1.0", "4294967296", "4294967297"]
        {
            assert_eq!(refusal(&on, Some(not)), "not-by-sudo", "{not:?}");
        }
        assert_eq!(refusal(&on, None), "not-by-sudo");
        on.helpdesk_group = Some("root".into());
        assert_eq!(refusal(&on, Some("0")), "not-by-sudo");
    }
}
