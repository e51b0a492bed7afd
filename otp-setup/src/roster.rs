//! A person of the roll-out, for people and for programs.

use insis_otp::oath::UnixTime;
use insis_otp::service::Status;
use serde::Serialize;

use crate::messages::Messages;
use crate::report::{FEW, UserDetails};
use crate::{dates, sanitize};

/// Somebody who has a second factor, or should have one, or not.
#[derive(Clone, Debug)]
pub struct Person {
    /// The name, as the user database has it or as it was asked for.
    pub user: String,
    /// How far they are.
    pub state: State,
    /// What is known of the device.
    pub device: Option<Status>,
    /// Whether somebody at the identity provider may sign in as them.
    pub linked: bool,
    /// Whether the site asks them for nothing.
    pub exempt: bool,
    /// From when on they need a second factor; `None` where they do not.
    pub required_from: Option<UnixTime>,
}

/// How far somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// They have a device.
    Enrolled,
    /// They have no device, and sign in with the identity provider.
    Linked,
    /// They have an invitation that can be used.
    Invited,
    /// They have nothing.
    NotEnrolled,
    /// What there is of theirs cannot be read.
    Unreadable,
    /// The user database does not know them.
    Unknown,
}

impl State {
    const ALL: [Self; 6] =
        [Self::Enrolled, Self::Linked, Self::Invited, Self::NotEnrolled, Self::Unreadable, Self::Unknown];

    /// The word for programs.
    const fn name(self) -> &'static str {
        match self {
            Self::Enrolled => "enrolled",
            Self::Linked => "linked",
            Self::Invited => "invited",
            Self::NotEnrolled => "not-enrolled",
            Self::Unreadable => "unreadable",
            Self::Unknown => "unknown",
        }
    }

    fn text(self, messages: &Messages) -> String {
        match self {
            Self::Enrolled => messages.roster_enrolled(),
            Self::Linked => messages.roster_linked(),
            Self::Invited => messages.roster_invited(),
            Self::NotEnrolled => messages.roster_not_enrolled(),
            Self::Unreadable => messages.roster_unreadable(),
            Self::Unknown => messages.roster_unknown(),
        }
    }
}

/// A person for programs. Fields are only ever added.
#[derive(Serialize)]
struct PersonDetails<'a> {
    #[serde(flatten)]
    details: UserDetails<'a>,
    state: &'static str,
    devices: u32,
    exempt: bool,
    required_from: Option<String>,
}

impl Person {
    /// A name that the user database does not know.
    pub fn unknown(user: String) -> Self {
        Self { user, state: State::Unknown, device: None, linked: false, exempt: false, required_from: None }
    }

    /// The line of the table.
    pub fn row(&self, messages: &Messages) -> String {
        let day = |time| dates::short(time).chars().take(10).collect::<String>();
        let none = || "-".to_owned();
        let of_device = |what: fn(&Status) -> String| self.device.as_ref().map_or_else(none, what);
        let since = self.device.as_ref().map_or_else(none, |device| day(device.enrolled_at));
        let last = self
            .device
            .as_ref()
            .map_or_else(none, |device| device.last_login.map_or_else(|| messages.list_never(), day));
        let delay = self.device.as_ref().and_then(|device| device.throttled);
        let delay = delay.map_or_else(none, |wait| wait.to_string());
        let needed = match (self.exempt, self.required_from) {
            (true, _) => messages.roster_exempt(),
            (false, None) => none(),
            (false, Some(UnixTime(0))) => messages.roster_now(),
            (false, Some(from)) => day(from),
        };
        let (user, state) = (sanitize::name(&self.user), self.state.text(messages));
        let failed = of_device(|device| device.failures.to_string());
        let codes = of_device(|device| device.recovery_left.to_string());
        format!("{user:<14} {state:<12} {since:<10} {last:<10} {failed:>6} {delay:<6} {codes:>5} {needed}")
    }

    fn details(&self) -> PersonDetails<'_> {
        PersonDetails {
            details: UserDetails::new(&self.user, self.device.as_ref(), Some(self.linked)),
            state: self.state.name(),
            devices: u32::from(self.device.is_some()),
            exempt: self.exempt,
            required_from: self.required_from.map(dates::exact),
        }
    }

    /// The person as JSON, in one line.
    pub fn json(&self) -> String {
        sanitize::json(&serde_json::to_string(&self.details()).unwrap_or_default()).into_owned()
    }

    /// The person as a line of [`CSV_HEAD`]'s columns.
    pub fn csv(&self) -> String {
        let device = self.device.as_ref();
        let of_device = |what: fn(&Status) -> String| device.map(what).unwrap_or_default();
        [
            quoted(&self.user),
            self.state.name().to_owned(),
            of_device(|device| dates::exact(device.enrolled_at)),
            of_device(|device| device.last_login.map(dates::exact).unwrap_or_default()),
            of_device(|device| device.failures.to_string()),
            of_device(|device| device.throttled.map_or(0, |wait| wait.0).to_string()),
            of_device(|device| device.recovery_left.to_string()),
            u32::from(device.is_some()).to_string(),
            self.linked.to_string(),
            self.exempt.to_string(),
            self.required_from.map(dates::exact).unwrap_or_default(),
            of_device(|device| device.bypass.map(|bypass| dates::exact(bypass.expires)).unwrap_or_default()),
            of_device(|device| device.bypass.map_or(0, |bypass| bypass.uses).to_string()),
        ]
        .join(",")
    }
}

/// The columns of the lines of [`Person::csv`].
pub const CSV_HEAD: &str = "user,state,paired_at,last_login,failures,throttled_seconds,recovery_codes_left,devices,\
                            linked,exempt,required_from,bypass_until,bypass_uses_left";

/// A field of a CSV file (RFC 4180). A spreadsheet would take a name that begins with one of these signs for a formula: an
/// apostrophe in front keeps it from that.
fn quoted(field: &str) -> String {
    let field = sanitize::name(field);
    let field = if field.starts_with(['=', '+', '@']) { format!("'{field}") } else { field.into_owned() };
    if field.contains([',', '"', '\r', '\n']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}

/// How many there are of each kind.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Totals {
    states: [usize; State::ALL.len()],
    /// Who needs a second factor by now and has none.
    pub overdue: usize,
    /// Whose single codes are delayed.
    pub throttled: usize,
    /// Who has few recovery codes left.
    pub few: usize,
    /// Who has a bypass code.
    pub bypass: usize,
}

impl Totals {
    /// Of these people, at this time.
    pub fn of(people: &[Person], now: UnixTime) -> Self {
        let mut totals = Self::default();
        for person in people {
            for (count, state) in totals.states.iter_mut().zip(State::ALL) {
                *count += usize::from(state == person.state);
            }
            let has_none = matches!(person.state, State::Invited | State::NotEnrolled);
            let due = !person.exempt && person.required_from.is_some_and(|from| from <= now);
            totals.overdue += usize::from(has_none && due);
            if let Some(device) = &person.device {
                totals.throttled += usize::from(device.throttled.is_some());
                totals.few += usize::from(device.recovery_left <= FEW);
                totals.bypass += usize::from(device.bypass.is_some());
            }
        }
        totals
    }

    /// How many there are of each state, by its word for programs.
    pub fn by_state(&self) -> impl Iterator<Item = (&'static str, usize)> {
        State::ALL.map(State::name).into_iter().zip(self.states)
    }

    /// In sentences: all of them, and what of the rest there is.
    pub fn text(&self, messages: &Messages) -> String {
        let [enrolled, linked, invited, not_enrolled, unreadable, unknown] = self.states;
        let all: usize = self.states.iter().sum();
        let sentence =
            |count: usize, text: String| if count == 0 { String::new() } else { format!(" {text}") };
        [
            messages.roster_total(all, enrolled, linked, invited, not_enrolled),
            sentence(self.overdue, messages.roster_overdue(self.overdue)),
            sentence(self.throttled, messages.roster_throttled(self.throttled)),
            sentence(self.few, messages.roster_few(self.few)),
            sentence(self.bypass, messages.roster_bypass(self.bypass)),
            sentence(unreadable, messages.roster_unreadables(unreadable)),
            sentence(unknown, messages.roster_unknowns(unknown)),
        ]
        .concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(user: &str, state: State, required_from: Option<u64>) -> Person {
        let required_from = required_from.map(UnixTime);
        Person { state, required_from, ..Person::unknown(user.to_owned()) }
    }

    #[test]
    fn names_neither_end_a_field_nor_begin_a_formula() {
        for (name, field) in [
            ("anna", "anna"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("=1+1", "'=1+1"),
            ("@x,y", "\"'@x,y\""),
        ] {
            let line = person(name, State::NotEnrolled, None).csv();
            assert_eq!(line.strip_suffix(",not-enrolled,,,,,,0,false,false,,,"), Some(field), "{line}");
        }
        assert!(!person("a\nb\u{1b}", State::Unknown, None).csv().contains(['\n', '\u{1b}']));
        let columns = person("anna", State::Invited, Some(1)).csv().split(',').count();
        assert_eq!(columns, CSV_HEAD.split(',').count());
    }

    #[test]
    fn who_is_overdue_has_nothing_and_is_asked_for_it() {
        let now = UnixTime(1_000);
        let exempt = Person { exempt: true, ..person("root", State::NotEnrolled, Some(0)) };
        let people = [
            person("a", State::Enrolled, Some(0)),
            person("b", State::Linked, Some(0)),
            person("c", State::Invited, Some(1_000)),
            person("d", State::NotEnrolled, Some(0)),
            person("e", State::NotEnrolled, Some(1_001)),
            person("f", State::NotEnrolled, None),
            exempt,
        ];
        let totals = Totals::of(&people, now);
        assert_eq!((totals.states, totals.overdue), ([1, 1, 1, 4, 0, 0], 2));
        let text = totals.text(&Messages::of_locale("en"));
        assert!(text.starts_with("7 people: 1 ") && text.contains(" 2 "), "{text}");
    }

    #[test]
    fn a_line_of_json_is_one_object() {
        let json = person("anna", State::NotEnrolled, Some(0)).json();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!((&value["user"], &value["state"]), (&"anna".into(), &"not-enrolled".into()));
        assert_eq!(
            (&value["paired"], &value["required_from"]),
            (&false.into(), &"1970-01-01T00:00:00Z".into())
        );
    }
}
