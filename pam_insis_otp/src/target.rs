//! Whom a code is verified for, and whom the site's policy lets pass without one.

use insis_otp::Source;
use insis_otp::config::{Config, Deadline, Exempt};
use insis_otp::network::numeric;
use insis_otp::oath::{Digits, UnixTime};
use insis_otp::record::UserName;
use insis_otp::service::{Reply, SignIn, record_unknown_sign_in, refuse_unknown, system_clock};
use insis_otp::store::{Account, Cause, Store, StoreError, Template, UnknownUsers};
use insis_otp::verify::{Attempt, Policy, Refusal, Verdict, verify};
use nix::unistd::{Group, ResUid, Uid, geteuid, getresuid, getuid};

use crate::access::{Access, AccessError};
use crate::outcome::{Outcome, Passed};

/// Whom a code is verified for.
pub struct Target {
    /// The name that was typed: PAM_USER.
    pub name: String,
    /// The way to a secret file, if there is anybody of this name.
    pub known: Option<Known>,
    /// Where the failures of names are counted that have no secret file.
    pub unknown_users: UnknownUsers,
}

/// A person of this machine.
pub struct Known {
    /// The account, under the name that the user database has for it.
    pub account: Account,
    /// The way to the secret file.
    pub access: Access,
    /// The user ids of this process. They are looked up once a login, in which nothing changes them.
    pub process: ResUid,
}

impl Target {
    /// Looks somebody up. A name that nobody has is a target too: the same questions are asked, the same work is done.
    // Once, and not in each of those who ask.
    #[inline(never)]
    pub fn find(name: &str, config: &Config) -> Result<Self, Outcome> {
        Ok(Self {
            name: name.to_owned(),
            known: Known::find(name, config)?,
            unknown_users: config.secret_file.unknown_users(),
        })
    }

    /// Lets what the directory is asked say where the login comes from.
    pub fn comes_from(&mut self, source: Source) {
        if let Some(Known { access: Access::Fleet(fleet), .. }) = &mut self.known {
            fleet.source = Some(source);
        }
    }

    /// The real user id of this process.
    pub fn real_uid(&self) -> Uid {
        self.known.as_ref().map_or_else(getuid, |known| known.process.real)
    }

    /// Whether this process has root's rights.
    pub fn is_looked_up_by_root(&self) -> bool {
        self.known.as_ref().map_or_else(geteuid, |known| known.process.effective).is_root()
    }

    /// The name under which failures are counted: the account's, however it was spelled.
    fn counted_name(&self) -> &str {
        self.known.as_ref().map_or(&self.name, |known| known.account.name.as_str())
    }

    /// The account's name, if it was spelled otherwise.
    pub fn other_name(&self) -> Option<&str> {
        let name = self.known.as_ref()?.account.name.as_str();
        (name != self.name).then_some(name)
    }

    /// Whether both names are one account's.
    pub fn is_of_same_account(&self, other: &Self) -> bool {
        match (&self.known, &other.known) {
            (Some(one), Some(other)) => one.account == other.account,
            _ => false,
        }
    }

    /// How many digits this person's codes have.
    pub fn digits(&self, policy: &Policy) -> Digits {
        let digits = self.known.as_ref().and_then(|known| known.access.digits(policy).ok());
        digits.unwrap_or_default()
    }

    /// Refuses a reply when there is nothing to verify it with: as much work, and the answer that somebody with a secret
    /// file would get for a wrong reply, after as many wrong ones.
    pub fn refuse(&self, reply: &Reply, config: &Config) -> Result<Refusal, Outcome> {
        // Only root can keep count. To others the names on this machine are no secret.
        if !self.is_looked_up_by_root() {
            return Ok(refuse_without_count(reply, &config.policy));
        }
        let refused = refuse_unknown(
            &self.unknown_users,
            self.counted_name(),
            &reply.parse(),
            &config.policy,
            &system_clock,
        );
        match refused {
            Err(error) if may_go_uncounted(&error, config) => Ok(refuse_without_count(reply, &config.policy)),
            refused => refused.map_err(|error| Outcome::Unavailable(error.to_string())),
        }
    }

    /// Records what becomes of a sign-in, by root, where there is no record: as much work, and the delays that somebody with
    /// a secret file would have.
    pub fn record_sign_in(&self, what: SignIn, config: &Config) -> Result<(), Outcome> {
        let (name, policy) = (self.counted_name(), &config.policy);
        match record_unknown_sign_in(&self.unknown_users, name, what, policy, &system_clock) {
            Err(error) if may_go_uncounted(&error, config) => Ok(()),
            recorded => recorded.map_err(|error| Outcome::Unavailable(error.to_string())),
        }
    }
}

/// Whether somebody without a secret file is refused all the same where that cannot be counted: where secret files are
/// elsewhere, there may be no such directory.
fn may_go_uncounted(error: &StoreError, config: &Config) -> bool {
    config.secret_file != Template::system() || is_lack_of_room(error)
}

impl Known {
    /// Whether somebody else has started this process, who is kept from it while a code is verified: su, sudo.
    pub fn is_started_by_another(&self) -> bool {
        self.process.real != self.process.effective
    }

    fn find(name: &str, config: &Config) -> Result<Option<Self>, Outcome> {
        // A name that could not be a path component is nobody's, nor is one that was not UTF-8.
        let Some(name) = UserName::parse(name).ok().filter(|_| !name.contains(char::REPLACEMENT_CHARACTER))
        else {
            return Ok(None);
        };
        match Account::lookup(&name) {
            Ok(Some(account)) => {
                let process = getresuid().map_err(|error| Outcome::Unavailable(error.desc().to_owned()))?;
                let access = Access::to(&account, config, process).map_err(Outcome::from)?;
                Ok(Some(Self { account, access, process }))
            }
            Ok(None) => Ok(None),
            Err(error) => {
                Err(Outcome::Unavailable(format!("the user database cannot be read: {}", error.desc())))
            }
        }
    }
}

impl From<AccessError> for Outcome {
    fn from(trouble: AccessError) -> Self {
        match trouble {
            AccessError::NotEnrolled => Self::Unavailable("the secret file went away".to_owned()),
            AccessError::Unavailable(why) => Self::Unavailable(why),
        }
    }
}

/// A full disk keeps nobody out who has a secret file: their state is rewritten in place.
fn is_lack_of_room(error: &StoreError) -> bool {
    use nix::libc::{EDQUOT, EFBIG, ENOSPC};
    let Cause::Os { error, .. } = &error.cause else { return false };
    error.raw_os_error().is_some_and(|code| [EDQUOT, EFBIG, ENOSPC].contains(&code))
}

fn refuse_without_count(reply: &Reply, policy: &Policy) -> Refusal {
    use insis_otp::oath::{OtpGenerator, Parameters, RecoveryCodes, Secret};
    use insis_otp::verify::State;
    let Ok(secret) = Secret::from_bytes(&[0; Secret::BYTES]) else { return Refusal::Wrong };
    let key = OtpGenerator::new(secret, Parameters::default());
    let (none, state) = (RecoveryCodes::default(), State::default());
    match verify(&Attempt::of(&reply.parse()), &key, &none, &state, policy, system_clock()).0 {
        Verdict::Refused(why @ Refusal::Malformed(_)) => why,
        Verdict::Refused(_) | Verdict::Accepted(_) => Refusal::Wrong,
    }
}

/// Whether the site's policy is to ask nobody there, or not this person.
pub fn exemption(exempt: &Exempt, target: &Target, rhost: &str) -> Option<Passed> {
    let from = numeric(rhost);
    if from.is_some_and(|address| exempt.networks.iter().any(|network| network.contains(address))) {
        return Some(Passed::ExemptNetwork);
    }
    let known = target.known.as_ref()?;
    if exempt.users.iter().any(|name| name == known.account.name.as_str()) {
        return Some(Passed::ExemptUser);
    }
    // What cannot be looked up exempts nobody.
    let is_exempt = |group: &String| is_in(&known.account, group).unwrap_or(false);
    exempt.groups.iter().any(is_exempt).then_some(Passed::ExemptGroup)
}

/// The day from which `unenrolled = "ignore"` no longer holds for somebody: the first of those that are set for them.
pub fn required_from(config: &Config, account: &Account) -> Result<Option<UnixTime>, Outcome> {
    let mut days: Vec<UnixTime> = config.unenrolled_deny_from.into_iter().collect();
    let is_name = |user: &&Deadline| user.name == account.name.as_str();
    days.extend(config.required.users.iter().filter(is_name).map(|user| user.from));
    for group in &config.required.groups {
        // Nobody gets in without a code because the directory is away.
        let is_in = is_in(account, &group.name).map_err(|error| {
            Outcome::Unavailable(format!("the group {} cannot be looked up: {}", group.name, error.desc()))
        })?;
        days.extend(is_in.then_some(group.from));
    }
    Ok(days.into_iter().min())
}

/// Whether somebody is in a group. Nobody is in one that does not exist. The group's own list comes first: somebody's
/// groups are silently fewer where a directory does not answer.
fn is_in(account: &Account, group: &str) -> nix::Result<bool> {
    let Some(group) = Group::from_name(group)? else { return Ok(false) };
    if group.mem.iter().any(|member| member == account.name.as_str()) {
        return Ok(true);
    }
    let name = std::ffi::CString::new(account.name.as_str()).map_err(|_| nix::errno::Errno::EINVAL)?;
    Ok(nix::unistd::getgrouplist(&name, account.gid)?.contains(&group.gid))
}
