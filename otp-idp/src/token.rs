//! What an ID token has to say (OpenID Connect Core 1.0, section 3.1.3.7), once its signature is right.

use insis_otp::config::{IdentityProvider, MfaProof};
use insis_otp::identity::{FlowRefusal, Identity};
use insis_otp::oath::UnixTime;

use crate::error::{Error, word};
use crate::json::Json;
use crate::numbers::{seconds, seconds_or_digits};

/// How far the provider's clock and ours may be apart, in seconds.
const SKEW: u64 = 60;

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
    if issued.saturating_add(SKEW) < started.0 {
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
