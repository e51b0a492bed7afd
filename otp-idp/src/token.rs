//! What an ID token has to say (OpenID Connect Core 1.0, section 3.1.3.7), once its signature is right.

use insis_otp::config::{IdentityProvider, MfaProof};
use insis_otp::identity::{FlowRefusal, Identity};
use insis_otp::oath::UnixTime;

use crate::error::{Error, word};
use crate::json::Json;
use crate::numbers::{seconds, seconds_or_digits};

/// How far the provider's clock and ours may be apart, in seconds.
const SKEW: u64 = 60;
/// How long before the login a token may be issued, by its own word, in seconds: Entra dates tokens five minutes back. That it is
/// this login's is shown by the device code, which nobody else has, and how fresh the sign-in is by auth_time.
const BACKDATED: u64 = 300 + SKEW;

/// Who has signed in, and how that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Who.
    pub identity: Identity,
    /// For the log: how the second factor was shown, and when.
    pub detail: String,
}

/// Looks at the claims of a token whose signature is right. `started` is when this login began.
///
/// # Errors
/// It is not a valid token for this login, or does not prove what the site asks for.
pub fn check(
    claims: &Json,
    provider: &IdentityProvider,
    started: UnixTime,
    now: UnixTime,
) -> Result<Proof, Error> {
    check_issuer(claims, provider)?;
    check_audience(claims, &provider.client_id)?;
    check_times(claims, started, now)?;
    let subject = claims.text(&provider.subject).filter(|subject| !subject.is_empty());
    let subject = subject.ok_or_else(|| {
        Error::token(format!("the ID token's claim {} is not there, or is no string", provider.subject))
    })?;
    let identity = Identity::new(&provider.issuer, &provider.tenant, subject)
        .map_err(|invalid| Error::token(format!("the ID token's {}: {invalid}", provider.subject)))?;
    check_mfa(claims, &provider.mfa)?;
    check_age(claims, provider.max_age.0, now)?;
    Ok(Proof { identity, detail: detail(claims) })
}

fn check_issuer(claims: &Json, provider: &IdentityProvider) -> Result<(), Error> {
    expect(claims, "iss", &provider.issuer)?;
    if provider.tenant.is_empty() { Ok(()) } else { expect(claims, "tid", &provider.tenant) }
}

fn expect(claims: &Json, name: &str, value: &str) -> Result<(), Error> {
    match claims.text(name) {
        Some(found) if found == value => Ok(()),
        Some(found) => {
            Err(Error::token(format!("the ID token's {name} is {}, not {value}", word(found, 100))))
        }
        None => Err(Error::token(format!("the ID token's {name} is not there, or is no string"))),
    }
}

fn check_audience(claims: &Json, client_id: &str) -> Result<(), Error> {
    let audience = claims.get("aud");
    let audiences = match audience {
        Some(Json::Array(audiences)) => audiences.as_slice(),
        other => other.map(std::slice::from_ref).unwrap_or_default(),
    };
    if !audiences.iter().any(|audience| audience.as_text() == Some(client_id)) {
        return Err(Error::token("the ID token's aud is not this site's client_id"));
    }
    match claims.get("azp") {
        Some(party) if party.as_text() != Some(client_id) => {
            Err(Error::token("the ID token's azp is not this site's client_id"))
        }
        None if audiences.len() > 1 => Err(Error::token("the ID token has several audiences and no azp")),
        _ => Ok(()),
    }
}

fn check_times(claims: &Json, started: UnixTime, now: UnixTime) -> Result<(), Error> {
    let time = |name: &str| match claims.get(name) {
        Some(value) => {
            seconds(value).map(Some).ok_or_else(|| Error::token(format!("the ID token's {name} is no time")))
        }
        None => Ok(None),
    };
    let required =
        |name: &str| time(name)?.ok_or_else(|| Error::token(format!("the ID token has no {name}")));
    let (expires, issued) = (required("exp")?, required("iat")?);
    if expires.saturating_add(SKEW) <= now.0 {
        return Err(Error::token(format!("the ID token expired {} s ago", now.0 - expires)));
    }
    let ahead = time("nbf")?.unwrap_or_default().max(issued).saturating_sub(now.0);
    if ahead > SKEW {
        return Err(Error::token(format!("the ID token is of {ahead} s ahead of this host's clock")));
    }
    if issued.saturating_add(BACKDATED) < started.0 {
        return Err(Error::token(format!(
            "the ID token was issued {} s before this login",
            started.0 - issued
        )));
    }
    Ok(())
}

fn check_mfa(claims: &Json, proof: &MfaProof) -> Result<(), Error> {
    let (name, wanted) = match proof {
        MfaProof::Provider => return Ok(()),
        MfaProof::Amr(value) => ("amr", value),
        MfaProof::Acr(value) => ("acr", value),
        MfaProof::Acrs(value) => ("acrs", value),
        MfaProof::NotChosen => return Err(Error::settings("mfa is not chosen")),
    };
    let is_wanted = |value: &Json| value.as_text() == Some(wanted);
    let is_shown = match (claims.get(name), proof) {
        (Some(Json::Array(values)), MfaProof::Amr(_) | MfaProof::Acrs(_)) => values.iter().any(is_wanted),
        (Some(value), MfaProof::Acr(_) | MfaProof::Acrs(_)) => is_wanted(value),
        _ => false,
    };
    if is_shown {
        return Ok(());
    }
    let found = claims.get(name).map_or_else(|| "not there".to_owned(), values);
    Err(Error::Refused(FlowRefusal::NoMfa, format!("{name}={wanted} is asked for, and {name} is {found}")))
}

fn check_age(claims: &Json, max_age: u64, now: UnixTime) -> Result<(), Error> {
    if max_age == 0 {
        return Ok(());
    }
    let signed_in = claims.get("auth_time").and_then(seconds_or_digits).ok_or_else(|| {
        Error::Refused(
            FlowRefusal::NoAuthTime,
            "the ID token has no auth_time, and max_age asks for it".to_owned(),
        )
    })?;
    if signed_in > now.0.saturating_add(SKEW) {
        return Err(Error::token(format!("auth_time is {} s ahead of this host's clock", signed_in - now.0)));
    }
    let age = now.0.saturating_sub(signed_in);
    if age > max_age.saturating_add(SKEW) {
        let detail = format!("signed in {age} s ago, max_age is {max_age} s");
        return Err(Error::Refused(FlowRefusal::TooOld, detail));
    }
    Ok(())
}

/// Of the claims that say how and when somebody has signed in. None of them names anybody.
fn detail(claims: &Json) -> String {
    let mut detail = Vec::new();
    for name in ["amr", "acr", "acrs"] {
        detail.extend(claims.get(name).map(|value| format!("{name}={}", values(value))));
    }
    let signed_in = claims.get("auth_time").and_then(seconds_or_digits);
    detail.extend(signed_in.map(|time| format!("auth_time={time}")));
    detail.join(" ")
}

/// A text or several, as one word.
fn values(value: &Json) -> String {
    let texts = match value {
        Json::Array(elements) => elements.as_slice(),
        other => std::slice::from_ref(other),
    };
    let words: Vec<_> = texts.iter().filter_map(Json::as_text).take(8).map(|text| word(text, 40)).collect();
    words.join(",")
}

#[cfg(test)]
mod tests {
    use insis_otp::oath::Seconds;
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://login.example.org";
    const NOW: u64 = 1_800_000_000;
    const STARTED: u64 = NOW - 30;

    fn provider() -> IdentityProvider {
        IdentityProvider {
            issuer: ISSUER.to_owned(),
            client_id: "otp".to_owned(),
            subject: "sub".to_owned(),
            mfa: MfaProof::Amr("mfa".to_owned()),
            ..IdentityProvider::default()
        }
    }

    fn claims() -> Value {
        json!({
            "iss": ISSUER, "aud": "otp", "sub": "anna-7", "exp": NOW + 300, "iat": NOW, "auth_time": NOW - 10,
            "amr": ["pwd", "mfa"], "name": "Anna", "email": "anna@example.org",
        })
    }

    fn check_of(provider: &IdentityProvider, claims: &Value) -> Result<Proof, Error> {
        let claims = Json::parse(claims.to_string().as_bytes()).unwrap();
        check(&claims, provider, UnixTime(STARTED), UnixTime(NOW))
    }

    fn with(name: &str, value: Value) -> Value {
        let mut claims = claims();
        claims[name] = value;
        claims
    }

    fn without(name: &str) -> Value {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        claims
    }

    fn why(provider: &IdentityProvider, claims: &Value) -> FlowRefusal {
        match check_of(provider, claims) {
            Err(Error::Refused(why, _)) => why,
            other => panic!("{claims}: {other:?}"),
        }
    }

    /// That value of the claim is accepted or not.
    fn judged(name: &str, values: &[(Value, bool)]) {
        for (value, is_accepted) in values {
            let checked = check_of(&provider(), &with(name, value.clone()));
            assert_eq!(checked.is_ok(), *is_accepted, "{name}={value}: {checked:?}");
            assert!(matches!(checked, Ok(_) | Err(Error::Refused(FlowRefusal::Token, _))), "{checked:?}");
        }
    }

    #[test]
    fn a_proof_says_who_and_how_and_no_names() {
        let proof = check_of(&provider(), &claims()).unwrap();
        assert_eq!(proof.identity, Identity::new(ISSUER, "", "anna-7").unwrap());
        assert_eq!(proof.detail, format!("amr=pwd,mfa auth_time={}", NOW - 10));
    }

    #[test]
    fn it_is_of_this_issuer_and_for_this_site() {
        let wrong = |value: &str| (json!(value), false);
        judged(
            "iss",
            &[wrong("https://login.example.org/"), wrong("https://evil.example"), (json!([ISSUER]), false)],
        );
        judged(
            "aud",
            &[
                (json!(["otp"]), true),
                wrong("OTP"),
                wrong("otp "),
                (json!([]), false),
                (json!(["other"]), false),
                // Without azp.
                (json!(["otp", "other"]), false),
                (json!(7), false),
                (json!({ "otp": true }), false),
            ],
        );
        judged("azp", &[(json!("otp"), true), wrong("other"), (json!(["otp"]), false)]);
        let several = |party: &str| {
            let mut claims = with("aud", json!(["other", "otp"]));
            claims["azp"] = party.into();
            check_of(&provider(), &claims)
        };
        assert!(several("otp").is_ok());
        assert!(several("other").is_err());
        for name in ["iss", "aud"] {
            assert_eq!(why(&provider(), &without(name)), FlowRefusal::Token, "{name}");
        }
    }

    #[test]
    fn where_there_are_tenants_it_is_of_the_right_one() {
        let provider = IdentityProvider { tenant: "t-1".to_owned(), ..provider() };
        let proof = check_of(&provider, &with("tid", json!("t-1"))).unwrap();
        assert_eq!(proof.identity.tenant(), "t-1");
        for claims in [with("tid", json!("t-2")), with("tid", json!(["t-1"])), without("tid")] {
            assert_eq!(why(&provider, &claims), FlowRefusal::Token);
        }
    }

    #[test]
    fn times_are_held_to_with_a_minute_of_skew() {
        let late = (json!("1800000300"), false);
        judged(
            "exp",
            &[
                (json!(NOW + 1), true),
                (json!(NOW - 59), true),
                (json!(NOW - 60), false),
                (json!(0), false),
                (json!(-1), false),
                (json!(NOW as f64 + 0.5), true),
                late,
            ],
        );
        judged(
            "nbf",
            &[(json!(null), true), (json!(NOW + 60), true), (json!(NOW + 61), false), (json!("soon"), false)],
        );
        judged(
            "iat",
            &[
                (json!(NOW + 60), true),
                (json!(NOW + 61), false),
                (json!(STARTED), true),
                (json!(STARTED - 300), true),
                (json!(STARTED - BACKDATED), true),
                (json!(STARTED - BACKDATED - 1), false),
                (json!(null), false),
            ],
        );
        for name in ["exp", "iat"] {
            assert_eq!(why(&provider(), &without(name)), FlowRefusal::Token, "{name}");
        }
    }

    #[test]
    fn the_subject_is_the_claim_that_the_site_names() {
        judged(
            "sub",
            &[
                (json!("A b"), true),
                (json!(""), false),
                (json!(" "), false),
                (json!(7), false),
                (json!(["anna-7"]), false),
                (json!("\u{17e}"), false),
                (json!("a\nb"), false),
                (json!("x".repeat(255)), true),
                (json!("x".repeat(256)), false),
            ],
        );
        let by_oid = IdentityProvider { subject: "oid".to_owned(), ..provider() };
        assert_eq!(why(&by_oid, &claims()), FlowRefusal::Token);
        assert_eq!(check_of(&by_oid, &with("oid", json!("o-1"))).unwrap().identity.subject(), "o-1");
    }

    #[test]
    fn a_second_factor_is_shown_as_the_site_chose() {
        let shown = |proof: MfaProof, claims: &Value| match check_of(
            &IdentityProvider { mfa: proof, ..provider() },
            claims,
        ) {
            Ok(_) => true,
            Err(Error::Refused(FlowRefusal::NoMfa, _)) => false,
            other => panic!("{other:?}"),
        };
        let (amr, acr, acrs) = (MfaProof::Amr, MfaProof::Acr, MfaProof::Acrs);
        assert!(shown(amr("mfa".into()), &claims()));
        for value in [
            json!("mfa"),
            json!(["pwd"]),
            json!(["MFA", "mfa "]),
            json!([["mfa"]]),
            json!([]),
            json!({ "mfa": 1 }),
        ] {
            assert!(!shown(amr("mfa".into()), &with("amr", value.clone())), "{value}");
        }
        assert!(shown(acr("x".into()), &with("acr", json!("x"))));
        for value in [json!(["x"]), json!("X"), json!(""), json!(1), json!(null)] {
            assert!(!shown(acr("x".into()), &with("acr", value.clone())), "{value}");
        }
        for value in [json!("c1"), json!(["c0", "c1"])] {
            assert!(shown(acrs("c1".into()), &with("acrs", value)));
        }
        for value in [json!("c10"), json!(["c10"]), json!("c0 c1"), json!([]), json!(null)] {
            assert!(!shown(acrs("c1".into()), &with("acrs", value.clone())), "{value}");
        }
        assert!(!shown(amr("mfa".into()), &without("amr")));
        assert!(shown(MfaProof::Provider, &without("amr")));
        let unchosen = IdentityProvider { mfa: MfaProof::NotChosen, ..provider() };
        assert!(matches!(check_of(&unchosen, &claims()), Err(Error::Unavailable(..))));
    }

    #[test]
    fn an_old_session_at_the_provider_is_no_new_sign_in() {
        let within = |max_age: u64, claims: &Value| {
            check_of(&IdentityProvider { max_age: Seconds(max_age), ..provider() }, claims).map_err(|error| {
                match error {
                    Error::Refused(why, _) => why,
                    other @ Error::Unavailable(..) => panic!("{other:?}"),
                }
            })
        };
        let at = |value: Value| with("auth_time", value);
        assert!(within(600, &at(json!(NOW - 660))).is_ok());
        assert!(within(600, &at(json!((NOW - 660).to_string()))).is_ok());
        assert_eq!(within(600, &at(json!(NOW - 661))), Err(FlowRefusal::TooOld));
        assert_eq!(within(600, &at(json!((NOW - 661).to_string()))), Err(FlowRefusal::TooOld));
        assert_eq!(within(600, &at(json!(NOW + 61))), Err(FlowRefusal::Token));
        for value in [json!(null), json!("yesterday"), json!(true), json!([NOW])] {
            assert_eq!(within(600, &at(value)), Err(FlowRefusal::NoAuthTime));
        }
        assert!(within(0, &without("auth_time")).is_ok());
        assert!(within(0, &at(json!(1))).is_ok());
        assert!(within(u64::MAX, &at(json!(1))).is_ok());
    }
}
