//! What is new about an account, by what was told before and what is seen now. Pure.

use insis_otp::oath::UnixTime;
use insis_otp::verify::BypassNews;

/// So many wrong codes are many: more than somebody has who looks for the right phone.
pub const MANY: u32 = 10;

/// What there can be to tell. Of each kind a person gets one mail a day at the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A first device was enrolled.
    DeviceNew,
    /// Another device was enrolled in the place of the former one.
    DeviceReplaced,
    /// The device was removed.
    DeviceRemoved,
    /// A recovery code was used.
    RecoveryUsed,
    /// There are new recovery codes.
    RecoveryNew,
    /// Many codes were wrong.
    Failures,
    /// A bypass code was made.
    BypassNew,
    /// A bypass code opened a login.
    BypassUsed,
    /// The account was linked to the identity provider.
    LinkNew,
    /// The link was removed.
    LinkRemoved,
}

impl Kind {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 10] = [
        Self::DeviceNew,
        Self::DeviceReplaced,
        Self::DeviceRemoved,
        Self::LinkNew,
        Self::LinkRemoved,
        Self::BypassNew,
        Self::BypassUsed,
        Self::RecoveryUsed,
        Self::RecoveryNew,
        Self::Failures,
    ];

    /// The word for it, in the ledger and in the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeviceNew => "device-new",
            Self::DeviceReplaced => "device-replaced",
            Self::DeviceRemoved => "device-removed",
            Self::RecoveryUsed => "recovery-used",
            Self::RecoveryNew => "recovery-new",
            Self::Failures => "failures",
            Self::BypassNew => "bypass-new",
            Self::BypassUsed => "bypass-used",
            Self::LinkNew => "link-new",
            Self::LinkRemoved => "link-removed",
        }
    }

    const fn index(self) -> usize {
        self as usize
    }
}

/// Something to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// What.
    pub kind: Kind,
    /// When, where that is known.
    pub at: Option<UnixTime>,
    /// How many: codes that are left, wrong codes, logins.
    pub count: u32,
}

/// What is known of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The device, where one is enrolled.
    pub device: Option<Device>,
    /// The link to the identity provider, if there is one.
    pub link: Option<Link>,
}

/// What is known of a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// When it was enrolled.
    pub enrolled_at: UnixTime,
    /// Which recovery codes there are.
    pub recovery_set: u32,
    /// How many of them are left.
    pub recovery_left: u32,
    /// Failures since the owner was told at a login.
    pub failures: u32,
    /// The day of the last wrong guess, counted from 1970.
    pub guess_day: u64,
    /// Wrong guesses on that day.
    pub guesses: u32,
    /// Up to when the owner was told at a login.
    pub last_told: Option<UnixTime>,
    /// What no login has told of bypass codes.
    pub bypass: Option<BypassNews>,
}

/// What is known of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// To whom: another number for another identity.
    pub identity: u64,
    /// When it was made.
    pub linked_at: UnixTime,
}

/// What an owner was told, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What was known then.
    pub known: Known,
    /// The day of the last mail of each kind, counted from 1970; 0: none.
    pub mailed: [u64; Kind::ALL.len()],
}

impl Told {
    /// Of somebody who was not seen before. What is older than the first look of all is nothing to tell.
    pub fn before(seen: &Known, first_look: UnixTime) -> Self {
        let device = seen.device.filter(|device| device.enrolled_at < first_look);
        let link = seen.link.filter(|link| link.linked_at < first_look);
        Self { known: Known { device, link }, ..Self::default() }
    }

    /// Whether there is nothing to remember.
    pub fn is_over(&self, today: u64) -> bool {
        self.known == Known::default() && !self.mailed.contains(&today)
    }

    /// When somebody was last written to of that; a day counted from 1970.
    pub fn day_of(&self, kind: Kind) -> u64 {
        self.mailed.get(kind.index()).copied().unwrap_or(0)
    }

    /// Notes the day of a mail.
    pub fn set_day(&mut self, kind: Kind, day: u64) {
        if let Some(mailed) = self.mailed.get_mut(kind.index()) {
            *mailed = day;
        }
    }
}

/// What there is to tell today, and what is told then. Of what has to wait for tomorrow what was told before stays, so that it is new
/// tomorrow.
pub fn compare(told: &Told, seen: &Known, today: u64) -> (Vec<News>, Told) {
    let mut comparison = Comparison { told: *told, today, news: Vec::new() };
    comparison.device(told.known.device, seen.device);
    comparison.link(told.known.link, seen.link);
    let Comparison { told, mut news, .. } = comparison;
    news.sort_by_key(|one| Kind::ALL.iter().position(|kind| *kind == one.kind));
    (news, told)
}

struct Comparison {
    told: Told,
    today: u64,
    news: Vec<News>,
}

impl Comparison {
    /// Tells something, unless there was a mail of this kind today; returns whether it is told.
    fn tell(&mut self, kind: Kind, at: Option<UnixTime>, count: u32) -> bool {
        if self.told.day_of(kind) == self.today {
            return false;
        }
        self.told.set_day(kind, self.today);
        self.news.push(News { kind, at, count });
        true
    }

    fn device(&mut self, before: Option<Device>, now: Option<Device>) {
        match (before, now) {
            (Some(before), Some(now)) if before.enrolled_at == now.enrolled_at => {
                self.same_device(before, now);
            }
            (before, Some(now)) => {
                let kind = if before.is_some() { Kind::DeviceReplaced } else { Kind::DeviceNew };
                if self.tell(kind, Some(now.enrolled_at), 0) {
                    // What has happened to it already is told as well.
                    let Device { enrolled_at, recovery_set, recovery_left, .. } = now;
                    let new = Device { enrolled_at, recovery_set, recovery_left, ..Device::default() };
                    self.same_device(new, now);
                }
            }
            (Some(_), None) => {
                if self.tell(Kind::DeviceRemoved, None, 0) {
                    self.told.known.device = None;
                }
            }
            (None, None) => {}
        }
    }

    fn same_device(&mut self, before: Device, now: Device) {
        let after = self.recovery(before, now);
        let after = self.failures(after, now);
        let after = self.bypass(after, now);
        self.told.known.device = Some(after);
    }

    fn recovery(&mut self, before: Device, now: Device) -> Device {
        let Device { recovery_set, recovery_left, .. } = now;
        let is_told = if recovery_set != before.recovery_set {
            self.tell(Kind::RecoveryNew, None, recovery_left)
        } else {
            recovery_left >= before.recovery_left || self.tell(Kind::RecoveryUsed, None, recovery_left)
        };
        if is_told { Device { recovery_set, recovery_left, ..before } } else { before }
    }

    /// Failures end with a login that tells the owner; wrong guesses of a day stay counted through it, so that whoever guesses
    /// right at last takes nothing back.
    fn failures(&mut self, before: Device, now: Device) -> Device {
        let Device { failures, guess_day, guesses, last_told, .. } = now;
        // A login has told of those before it.
        let before =
            if last_told == before.last_told { before } else { Device { failures: 0, last_told, ..before } };
        let new_failures = failures.saturating_sub(before.failures);
        let told_guesses = if guess_day == before.guess_day { before.guesses } else { 0 };
        let count = new_failures.max(guesses.saturating_sub(told_guesses));
        if count >= MANY && self.tell(Kind::Failures, None, count) {
            return Device { failures, guess_day, guesses, ..before };
        }
        before
    }

    fn bypass(&mut self, before: Device, now: Device) -> Device {
        let is_told = match (before.bypass, now.bypass) {
            (before, Some(now)) if before != Some(now) => {
                let is_used = now.logins > before.map_or(0, |before| before.logins);
                let kind = if is_used { Kind::BypassUsed } else { Kind::BypassNew };
                self.tell(kind, Some(now.at), now.logins.into())
            }
            _ => true,
        };
        if is_told { Device { bypass: now.bypass, ..before } } else { before }
    }

    fn link(&mut self, before: Option<Link>, now: Option<Link>) {
        // The same link may be made again, every night by an import.
        let is_same =
            |before: Option<Link>, now: Link| before.is_some_and(|before| before.identity == now.identity);
        let is_told = match (before, now) {
            (before, Some(now)) if !is_same(before, now) => self.tell(Kind::LinkNew, Some(now.linked_at), 0),
            (Some(_), None) => self.tell(Kind::LinkRemoved, None, 0),
            _ => true,
        };
        if is_told {
            self.told.known.link = now;
        }
    }
}

#[cfg(test)]
mod tests;
