//! The directory of a site that keeps enrollments there.

use insis_otp::config::Config;
use insis_otp::oath::UnixTime;
use insis_otp::record::UserName;
use insis_otp::service::{FleetClient, FleetFact, FleetFactKind as Kind, Request, Response, system_clock};
use nix::unistd::User;

use super::{Finding, Remedy, Severity, reinstall};
use crate::dates;
use crate::messages::{Description, Messages};

/// The system user that `otp-fleet` runs as.
const USER: &str = "insis-otp-fleet";
/// Whom it is asked for: an entry that every directory has to have.
const NOBODY: &str = "insis-otp-nobody";

/// Looks at what asks the directory, and asks it, as root.
pub fn examine(messages: &Messages, site: &Config, as_root: bool) -> Vec<Finding> {
    let (Some(fleet), Ok(nobody)) = (site.fleet_of(NOBODY), UserName::parse(NOBODY)) else {
        return Vec::new();
    };
    let client = FleetClient::new(site, fleet, &nobody);
    let program = client.program().display().to_string();
    let mut findings = Vec::new();
    if !client.program().exists() {
        let text = messages.doctor_fleet_missing(&program);
        findings.push(Finding::new(Severity::Problem, program, &text, reinstall(messages)));
    } else if matches!(User::from_name(USER), Ok(None)) {
        let command = "useradd --system --user-group --home-dir / --no-create-home --shell /usr/sbin/nologin";
        let remedy = Remedy::run(messages, format!("{command} {USER}"));
        findings.push(Finding::new(Severity::Problem, USER, &messages.doctor_fleet_user(USER), remedy));
    } else if as_root {
        findings.extend(ask(messages, &client));
    }
    let remedy = Remedy::run(messages, "otp-setup list");
    findings.push(Finding::new(Severity::Note, "store", &messages.doctor_fleet_people(), remedy));
    findings
}

/// Asks the directory for somebody, and looks at all its servers: why it cannot be asked may show there.
fn ask(messages: &Messages, client: &FleetClient) -> Vec<Finding> {
    let cannot = asked(client).map(|why| {
        let remedy = Remedy::new(messages.how_fleet(), "otp-setup list");
        Finding::new(Severity::Problem, "[fleet]", &messages.doctor_fleet(why), remedy)
    });
    let facts = client.examine().ok().and_then(Result::ok).unwrap_or_default();
    cannot.into_iter().chain(look_at(messages, &facts, system_clock(), &has_account)).collect()
}

/// How long before its end a certificate is told of, in seconds.
const SOON: u64 = 14 * 86_400;
/// How far the clocks may be apart, in seconds: the server tells its time in whole ones.
const CLOCKS: u64 = 5;

/// What there is to say of a directory.
fn look_at(
    messages: &Messages,
    facts: &[FleetFact],
    now: UnixTime,
    has_account: &dyn Fn(&str) -> bool,
) -> Vec<Finding> {
    let mut findings: Vec<_> = facts.iter().filter_map(|fact| look(messages, fact, now)).collect();
    // Of standby servers, one takes writes at a time.
    let writes = facts.iter().filter(|fact| fact.kind == Kind::Writes).count();
    let ids = facts.iter().filter(|fact| fact.kind == Kind::Writers && fact.detail != "1").count();
    if writes > 1 && ids > 0 {
        let text = messages.doctor_fleet_writers(writes);
        findings.push(found(messages, Severity::Warning, "servers", &text, "man otp-fleet"));
    }
    findings.extend(look_at_people(messages, facts, has_account));
    findings
}

/// Whether this host has an account of that name.
fn has_account(name: &str) -> bool {
    // Where that cannot be known, nobody is told that there is none.
    !matches!(User::from_name(name), Ok(None))
}

/// What there is to say of the people whose second factors this host can read.
fn look_at_people(
    messages: &Messages,
    facts: &[FleetFact],
    has_account: &dyn Fn(&str) -> bool,
) -> Option<Finding> {
    let of_kind = |kind: Kind| facts.iter().filter(move |fact| fact.kind == kind);
    // The servers have the same.
    let count = of_kind(Kind::Readable).filter_map(|fact| fact.detail.parse::<usize>().ok()).max()?;
    let mut names: Vec<_> = of_kind(Kind::ReadableName).map(|fact| fact.detail.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let strangers: Vec<_> = names.iter().copied().filter(|name| !has_account(name)).collect();
    if !strangers.is_empty() {
        let shown = strangers.iter().take(5).copied().collect::<Vec<_>>().join(", ");
        let text = messages.doctor_fleet_strangers(strangers.len(), names.len(), shown);
        return Some(found(messages, Severity::Warning, "[fleet]", &text, "otp-setup doctor"));
    }
    let text = messages.doctor_fleet_readable(count);
    (count > 0).then(|| found(messages, Severity::Note, "[fleet]", &text, "otp-setup list"))
}

fn found(messages: &Messages, severity: Severity, location: &str, text: &Description, line: &str) -> Finding {
    Finding::new(severity, location, text, Remedy::new(messages.how_fleet_then(), line))
}

/// What there is to say of one thing, if anything is.
fn look(messages: &Messages, fact: &FleetFact, now: UnixTime) -> Option<Finding> {
    use Severity::{Problem, Warning};
    let FleetFact { kind, server, detail } = fact;
    let number = detail.parse::<i64>().unwrap_or_default();
    let end = UnixTime(detail.parse().unwrap_or_default());
    let (severity, text, line) = match kind {
        Kind::Unreachable => (Warning, messages.doctor_fleet_unreachable(server, detail), "otp-setup doctor"),
        Kind::CertificateEnds if end.0 < now.0 + SOON => {
            (Warning, messages.doctor_fleet_certificate(server, dates::local(end)), "otp-setup doctor")
        }
        Kind::Clock if number.unsigned_abs() > CLOCKS => {
            (Warning, messages.doctor_fleet_clock(server, number), "timedatectl timesync-status")
        }
        Kind::RefusesWrites => (Problem, messages.doctor_fleet_replica(server, detail), "otp-setup doctor"),
        Kind::NoPlaceholder => (Warning, messages.doctor_fleet_placeholder(NOBODY), "ldapadd -f nobody.ldif"),
        Kind::NoAttribute => {
            (Problem, messages.doctor_fleet_attribute(server, detail), "ldapadd -f insis-otp.ldif")
        }
        Kind::SeveralValues => (Problem, messages.doctor_fleet_values(server, detail), "otp-setup doctor"),
        Kind::NoSchema => (Severity::Note, messages.doctor_fleet_schema(server, detail), "otp-setup doctor"),
        Kind::AnonymousReads => {
            (Problem, messages.doctor_fleet_anonymous(server, detail), "otp-setup doctor")
        }
        Kind::HostReads => (Warning, messages.doctor_fleet_host_reads(server, detail), "otp-setup doctor"),
        Kind::SharesWithOverlay if !is_new_enough(detail) => {
            (Warning, messages.doctor_fleet_overlay(server), "man otp-fleet")
        }
        _ => return None,
    };
    Some(found(messages, severity, server, &text, line))
}

/// Whether a server is a slapd whose slapo-otp uses each code up once (ITS#10313): `OpenLDAP: slapd 2.7.0 (...)`.
fn is_new_enough(version: &str) -> bool {
    let number = version.split("slapd ").nth(1).unwrap_or_default();
    let mut parts = number.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (2_u32, 7_u32)
}

/// Why the directory does not answer, if it does not.
fn asked(client: &FleetClient) -> Option<String> {
    match client.manage(&Request::Status) {
        Ok(Response::NotEnrolled | Response::Status(_)) => None,
        Ok(Response::Failed(why)) => Some(why),
        Ok(other) => Some(format!("{other:?}")),
        Err(error) => Some(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(facts: &[(Kind, &str)]) -> Vec<Finding> {
        let fact = |(kind, detail): &(Kind, &str)| FleetFact {
            kind: *kind,
            server: "ldaps://ldap.example.org:636".into(),
            detail: (*detail).to_owned(),
        };
        let facts: Vec<_> = facts.iter().map(fact).collect();
        look_at(&Messages::of_locale("en"), &facts, UnixTime(1_000_000_000), &|name| name != "stranger")
    }

    #[test]
    fn what_is_as_it_should_be_is_no_finding() {
        let good = [
            (Kind::Reached, "OpenLDAP: slapd 2.7.0"),
            (Kind::CertificateEnds, "1001209601"),
            (Kind::Clock, "-5"),
            (Kind::Writes, ""),
            (Kind::Writers, "1"),
            (Kind::Readable, "0"),
            (Kind::SharesWithOverlay, "OpenLDAP: slapd 2.7.0 (Nov 1 2026)"),
        ];
        assert_eq!(of(&good), []);
        assert_eq!(of(&[(Kind::Writers, "2"), (Kind::Writes, "")]), [], "a standby that is away");
    }

    #[test]
    fn what_is_not_is_told() {
        for (kind, detail, severity) in [
            (Kind::Unreachable, "no answer in time", Severity::Warning),
            (Kind::CertificateEnds, "1000000001", Severity::Warning),
            (Kind::Clock, "6", Severity::Warning),
            (Kind::Clock, "-61", Severity::Warning),
            (Kind::RefusesWrites, "referral", Severity::Problem),
            (Kind::NoPlaceholder, "", Severity::Warning),
            (Kind::NoAttribute, "insisOtpState", Severity::Problem),
            (Kind::SeveralValues, "insisOtpState", Severity::Problem),
            (Kind::AnonymousReads, "oathSecret", Severity::Problem),
            (Kind::HostReads, "userPassword", Severity::Warning),
            (Kind::SharesWithOverlay, "OpenLDAP: slapd 2.5.13+dfsg-5", Severity::Warning),
            (Kind::SharesWithOverlay, "", Severity::Warning),
        ] {
            let findings = of(&[(kind, detail)]);
            assert_eq!(findings.len(), 1, "{kind:?} {detail}");
            assert_eq!(findings[0].severity, severity, "{kind:?}");
        }
        assert_eq!(of(&[(Kind::Writes, ""), (Kind::Writers, "2"), (Kind::Writes, "")]).len(), 1);
        for (names, severity) in
            [(vec!["anna"], Severity::Note), (vec!["anna", "stranger"], Severity::Warning)]
        {
            let mut facts = vec![(Kind::Readable, "17")];
            facts.extend(names.iter().map(|name| (Kind::ReadableName, *name)));
            let findings = of(&facts);
            assert_eq!(findings.len(), 1, "{names:?}");
            assert_eq!(findings[0].severity, severity, "{names:?}");
        }
    }
}
