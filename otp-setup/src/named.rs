//! Whom a list of the site's names, by name or by group.

use std::collections::HashSet;

use insis_otp::config::{Deadline, Required};
use insis_otp::oath::UnixTime;
use insis_otp::store::Account;
use nix::unistd::{Gid, Group};

use crate::users;

/// Whom the lists of required users and groups name, with the day of each entry.
pub struct Days<'e>(Vec<(UnixTime, Named<'e>)>);

impl<'e> Days<'e> {
    /// Of these lists.
    pub fn of(required: &'e Required) -> Self {
        let by_name = |user: &'e Deadline| (user.from, Named::of([user.name.as_str()], []));
        let by_group = |group: &'e Deadline| (group.from, Named::of([], [group.name.as_str()]));
        Self(required.users.iter().map(by_name).chain(required.groups.iter().map(by_group)).collect())
    }

    /// The first day for somebody.
    pub fn first(&self, account: &Account) -> Option<UnixTime> {
        self.0.iter().filter(|(_, named)| named.contains(account)).map(|(from, _)| *from).min()
    }
}

/// Whom a list names by name or by group.
pub struct Named<'e> {
    users: HashSet<&'e str>,
    groups: Vec<Gid>,
    /// Whom the groups name. A directory need not tell; there each person is asked for.
    members: HashSet<String>,
    asks: bool,
}

impl<'e> Named<'e> {
    /// Of these names. A group that nobody has names nobody.
    pub fn of(users: impl IntoIterator<Item = &'e str>, groups: impl IntoIterator<Item = &'e str>) -> Self {
        let found = groups.into_iter().filter_map(|name| Group::from_name(name).ok().flatten());
        let found: Vec<_> = found.collect();
        Self {
            users: users.into_iter().collect(),
            groups: found.iter().map(|group| group.gid).collect(),
            asks: !found.is_empty() && users::groups_are_elsewhere(),
            members: found.into_iter().flat_map(|group| group.mem).collect(),
        }
    }

    /// Whether somebody is named, or a member.
    pub fn contains(&self, account: &Account) -> bool {
        let name = account.name.as_str();
        self.users.contains(name)
            || self.groups.contains(&account.gid)
            || self.members.contains(name)
            || self.asks && self.is_member(name, account.gid)
    }

    fn is_member(&self, name: &str, gid: Gid) -> bool {
        let theirs =
            std::ffi::CString::new(name).ok().and_then(|name| nix::unistd::getgrouplist(&name, gid).ok());
        theirs.is_some_and(|theirs| theirs.iter().any(|gid| self.groups.contains(gid)))
    }
}
