//! OAuth 2.0 device authorization grant (RFC 8628): what is asked, and what the answers mean.

use insis_otp::config::{IdentityProvider, MfaProof, Preset};
use insis_otp::identity::FlowRefusal;

use crate::discovery::is_https;
use crate::error::{Error, word};
use crate::form::Form;
use crate::json::Json;
use crate::numbers::{seconds, seconds_or_digits};
use crate::secret::Secret;

/// The grant type of section 3.4.
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// How long is waited between two questions where the provider does not say, in seconds (section 3.2).
const INTERVAL: u64 = 5;
/// No provider makes it shorter or longer than that, in seconds.
const INTERVALS: std::ops::RangeInclusive<u64> = 1..=30;

/// A flow that has begun (section 3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Where the person goes.
    pub uri: String,
    /// What the person types there.
    pub user_code: String,
    /// What the end of the flow is asked for with.
    pub device_code: Secret,
    /// How long the codes are valid, in seconds.
    pub expires_in: u64,
    /// How long to wait between two questions, in seconds.
    pub interval: u64,
}

/// How far a flow is (section 3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The person is not through.
    Pending,
    /// The same, and the questions come too often.
    SlowDown,
    /// The provider cannot say now.
    Busy(String),
    /// The person is through; this is the ID token.
    Done(Secret),
}

/// The parameters by which a flow begins (section 3.1).
#[must_use]
pub fn start(provider: &IdentityProvider) -> Form {
    let scope = if provider.preset == Some(Preset::Entra) { "openid profile" } else { "openid" };
    let form = Form::default().with("client_id", &provider.client_id).with("scope", scope);
    let form = match &provider.mfa {
        MfaProof::Acr(value) => form.with("acr_values", value),
        MfaProof::Acrs(value) => form.with("claims", &acrs_request(value)),
        MfaProof::Amr(_) | MfaProof::Provider | MfaProof::NotChosen => form,
    };
    // Neither Entra nor Google documents it here.
    let asks_for_age =
        provider.max_age.0 != 0 && !matches!(provider.preset, Some(Preset::Entra | Preset::Google));
    if asks_for_age { form.with("max_age", &provider.max_age.0.to_string()) } else { form }
}

/// A claims request (OpenID Connect Core 1.0, section 5.5).
fn acrs_request(value: &str) -> String {
    serde_json::json!({ "id_token": { "acrs": { "essential": true, "value": value } } }).to_string()
}

/// The parameters by which the end of a flow is asked for (section 3.4).
#[must_use]
pub fn question(provider: &IdentityProvider, grant: &Grant) -> Form {
    let form = Form::default().with("grant_type", GRANT_TYPE);
    form.with("device_code", grant.device_code.reveal()).with("client_id", &provider.client_id)
}

/// Reads the answer to [`start`].
///
/// # Errors
/// The provider does not begin a flow, or what it says is none.
pub fn parse_start(status: u16, answer: &Json) -> Result<Grant, Error> {
    if status != 200 {
        return Err(ProviderError::parse(status, answer)?.unavailable());
    }
    let text = |name: &str| answer.text(name).filter(|text| !text.is_empty());
    let missing =
        |name: &str| Error::answer(format!("the answer to the device authorization request has no {name}"));
    // Google's is named as in an earlier draft.
    let uri = text("verification_uri").or_else(|| text("verification_url"));
    let uri = uri.ok_or_else(|| missing("verification_uri"))?;
    if uri.len() > 200 || !is_https(uri) {
        return Err(Error::answer("verification_uri is no address that begins with https"));
    }
    let user_code = text("user_code").ok_or_else(|| missing("user_code"))?;
    let is_shown =
        |code: &str| code.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') && code.trim() == code;
    if user_code.len() > 32 || !is_shown(user_code) {
        return Err(Error::answer("user_code is not up to 32 printable ASCII characters"));
    }
    let device_code = text("device_code").ok_or_else(|| missing("device_code"))?;
    let expires_in = answer.get("expires_in").and_then(seconds_or_digits).filter(|seconds| *seconds > 0);
    Ok(Grant {
        uri: uri.to_owned(),
        user_code: user_code.to_owned(),
        device_code: Secret::new(device_code),
        expires_in: expires_in.ok_or_else(|| missing("expires_in"))?,
        interval: interval(answer)?,
    })
}

fn interval(answer: &Json) -> Result<u64, Error> {
    let Some(interval) = answer.get("interval") else { return Ok(INTERVAL) };
    let seconds =
        seconds_or_digits(interval).ok_or_else(|| Error::answer("interval is no number of seconds"))?;
    Ok(seconds.clamp(*INTERVALS.start(), *INTERVALS.end()))
}

/// The interval after a [`Progress::SlowDown`] (section 3.5).
#[must_use]
pub const fn slower(interval: u64) -> u64 {
    interval.saturating_add(5)
}

/// Reads the answer to [`question`]. Access and refresh tokens in it are not looked at.
///
/// # Errors
/// The flow has ended without a token.
pub fn parse_progress(status: u16, answer: &Json) -> Result<Progress, Error> {
    if status == 200 {
        let token = answer.text("id_token").filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| Error::answer("the answer to the token request has no id_token"))?;
        return Ok(Progress::Done(Secret::new(token)));
    }
    let error = ProviderError::parse(status, answer)?;
    match error.name.as_str() {
        "authorization_pending" => Ok(Progress::Pending),
        "slow_down" => Ok(Progress::SlowDown),
        "temporarily_unavailable" | "server_error" => Ok(Progress::Busy(error.detail())),
        _ => Err(error.ended()),
    }
}

/// An error of the provider's (RFC 6749, section 5.2), without what it says about it: that may name people.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ProviderError {
    name: String,
    codes: Vec<u64>,
    trace: Vec<String>,
}

impl ProviderError {
    /// A confidential client has no "Allow public client flows" and this host no secret.
    const PUBLIC_CLIENT: u64 = 7_000_218;
    /// There is no such client in this tenant.
    const NO_SUCH_CLIENT: u64 = 700_016;
    /// Conditional Access blocks the flow.
    const CONDITIONAL_ACCESS: u64 = 53_003;

    fn parse(status: u16, answer: &Json) -> Result<Self, Error> {
        let name = answer.text("error").filter(|name| !name.is_empty());
        let name =
            name.ok_or_else(|| Error::answer(format!("the provider answers {status} without an error")))?;
        let codes = answer.get("error_codes").and_then(Json::as_array).unwrap_or_default();
        let trace = ["trace_id", "correlation_id"]
            .into_iter()
            .filter_map(|field| Some(format!("{field}={}", word(answer.text(field)?, 40))));
        Ok(Self {
            name: word(name, 60),
            codes: codes.iter().filter_map(seconds).take(4).collect(),
            trace: trace.collect(),
        })
    }

    fn detail(&self) -> String {
        let codes = self.codes.iter().map(|code| format!("AADSTS{code}"));
        let words =
            std::iter::once(format!("error={}", self.name)).chain(codes).chain(self.trace.iter().cloned());
        words.collect::<Vec<_>>().join(" ")
    }

    /// What the site has to do at the provider, where that is known.
    fn remedy(&self) -> Option<&'static str> {
        match self.name.as_str() {
            _ if self.codes.contains(&Self::PUBLIC_CLIENT) => {
                Some("set \"Allow public client flows\" to Yes at the application's registration")
            }
            _ if self.codes.contains(&Self::NO_SUCH_CLIENT) => {
                Some("client_id or tenant is not right: there is no such application in this tenant")
            }
            _ if self.codes.contains(&Self::CONDITIONAL_ACCESS) => Some(
                "Conditional Access blocks the device code flow: see docs/howto-entra.md on the managed policy",
            ),
            "unauthorized_client" | "unsupported_grant_type" => {
                Some("enable the device authorization grant for this client at the provider")
            }
            "invalid_scope" => Some("allow this client the scope openid at the provider"),
            _ => None,
        }
    }

    /// Why no flow begins.
    fn unavailable(&self) -> Error {
        match (self.remedy(), self.name.as_str()) {
            (Some(remedy), _) => Error::policy(format!("{remedy} ({})", self.detail())),
            (None, "access_denied") => {
                Error::policy(format!("the provider denies the flow ({})", self.detail()))
            }
            (None, "temporarily_unavailable" | "server_error" | "slow_down") => Error::network(self.detail()),
            (None, "invalid_client") => {
                Error::settings(format!("client_id or the client's secret is not right ({})", self.detail()))
            }
            (None, "invalid_request" | "invalid_tenant") => {
                Error::settings(format!("the provider does not take the request ({})", self.detail()))
            }
            (None, _) => Error::answer(self.detail()),
        }
    }

    /// Why a flow has ended.
    ///
    /// Whatever a person can bring about is a refusal of that person: an outage would stop the offer for everybody. Only a
    /// client that is set up wrongly is everybody's affair.
    fn ended(&self) -> Error {
        let of_the_client = ["invalid_client", "unauthorized_client", "unsupported_grant_type"];
        match self.name.as_str() {
            "expired_token" | "code_expired" => Error::Refused(FlowRefusal::Expired, self.detail()),
            name if of_the_client.contains(&name) || self.codes.contains(&Self::PUBLIC_CLIENT) => {
                self.unavailable()
            }
            _ => {
                let detail = self.detail();
                let detail = self.remedy().map_or(detail.clone(), |remedy| format!("{remedy} ({detail})"));
                Error::Refused(FlowRefusal::Denied, detail)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use insis_otp::identity::Unavailability;
    use insis_otp::oath::Seconds;
    use serde_json::{Value, json};

    use super::*;

    fn provider(mfa: MfaProof, preset: Option<Preset>) -> IdentityProvider {
        IdentityProvider { client_id: "otp".to_owned(), mfa, preset, ..IdentityProvider::default() }
    }

    fn answer() -> Value {
        json!({
            "device_code": "d", "user_code": "ABCD-EFGH", "verification_uri": "https://example.org/device", "expires_in": 900,
            "verification_uri_complete": "https://example.org/device?user_code=ABCD-EFGH", "interval": 7,
        })
    }

    fn json(value: &Value) -> Json {
        Json::parse(value.to_string().as_bytes()).unwrap()
    }

    fn with(name: &str, value: Value) -> Result<Grant, Error> {
        let mut answer = answer();
        answer[name] = value;
        parse_start(200, &json(&answer))
    }

    #[test]
    fn what_is_asked_for_is_what_the_site_chose() {
        let form = |mfa, preset| start(&provider(mfa, preset)).as_str().to_owned();
        assert_eq!(form(MfaProof::Provider, None), "client_id=otp&scope=openid&max_age=600");
        assert_eq!(form(MfaProof::Provider, Some(Preset::Entra)), "client_id=otp&scope=openid+profile");
        assert_eq!(form(MfaProof::Provider, Some(Preset::Google)), "client_id=otp&scope=openid");
        let acr = form(MfaProof::Acr("https://refeds.org/profile/mfa".into()), Some(Preset::Keycloak));
        assert_eq!(
            acr,
            "client_id=otp&scope=openid&acr_values=https%3A%2F%2Frefeds.org%2Fprofile%2Fmfa&max_age=600"
        );
        let acrs = form(MfaProof::Acrs("c1".into()), Some(Preset::Entra));
        assert!(acrs.ends_with(&format!("&claims={}", "%7B%22id_token%22%3A%7B%22acrs%22%3A%7B%22essential%22%3Atrue%2C%22value%22%3A%22c1%22%7D%7D%7D")), "{acrs}");
        let any_age = IdentityProvider { max_age: Seconds(0), ..provider(MfaProof::Provider, None) };
        assert_eq!(start(&any_age).as_str(), "client_id=otp&scope=openid");
        let grant = parse_start(200, &json(&answer())).unwrap();
        let question = question(&any_age, &grant);
        assert_eq!(
            question.as_str(),
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=d&client_id=otp"
        );
    }

    #[test]
    fn a_flow_begins_with_an_address_and_a_code() {
        let grant = parse_start(200, &json(&answer())).unwrap();
        assert_eq!(
            (grant.uri.as_str(), grant.user_code.as_str()),
            ("https://example.org/device", "ABCD-EFGH")
        );
        assert_eq!((grant.expires_in, grant.interval), (900, 7));
        assert!(!format!("{grant:?}").contains("\"d\""), "{grant:?}");
        // As Google has it.
        let mut google = answer();
        google.as_object_mut().unwrap().remove("verification_uri");
        google["verification_url"] = "https://www.google.com/device".into();
        assert_eq!(parse_start(200, &json(&google)).unwrap().uri, "https://www.google.com/device");
    }

    #[test]
    fn numbers_may_be_strings_and_the_interval_may_be_missing() {
        for (value, interval) in [
            (json!(null), 5),
            (json!("9"), 9),
            (json!(0), 1),
            (json!("0"), 1),
            (json!(31), 30),
            (json!(1e9), 30),
            (json!(5.5), 5),
        ] {
            assert_eq!(with("interval", value.clone()).unwrap().interval, interval, "{value}");
        }
        for value in [json!("soon"), json!(-1), json!([5]), json!(true)] {
            assert!(with("interval", value).is_err());
        }
        assert_eq!(with("expires_in", json!("300")).unwrap().expires_in, 300);
        for value in [json!(null), json!(0), json!("0"), json!(-5), json!("later")] {
            assert!(with("expires_in", value).is_err());
        }
        assert_eq!(slower(5), 10);
    }

    #[test]
    fn what_is_shown_to_people_is_harmless() {
        for (name, value) in [
            ("verification_uri", json!("http://example.org/device")),
            ("verification_uri", json!("https://example.org/\u{1b}[2J")),
            ("verification_uri", json!("https://example.org/ x")),
            ("verification_uri", json!("https://anna@example.org/")),
            ("verification_uri", json!(format!("https://example.org/{}", "x".repeat(200)))),
            ("verification_uri", json!(7)),
            ("user_code", json!("AB\nCD")),
            ("user_code", json!("\u{17e}")),
            ("user_code", json!(" ")),
            ("user_code", json!("")),
            ("user_code", json!("X".repeat(33))),
            ("user_code", json!(1234)),
            ("device_code", json!("")),
            ("device_code", json!(null)),
        ] {
            let parsed = with(name, value.clone());
            assert!(
                matches!(parsed, Err(Error::Unavailable(Unavailability::Answer, _))),
                "{value}: {parsed:?}"
            );
        }
        assert_eq!(with("user_code", json!("123 456")).unwrap().user_code, "123 456");
    }

    #[test]
    fn a_flow_is_pending_done_or_ended() {
        let progress = |status, value: Value| parse_progress(status, &json(&value));
        let error = |name: &str| progress(400, json!({ "error": name, "error_description": "Anna Smith" }));
        assert_eq!(error("authorization_pending"), Ok(Progress::Pending));
        assert_eq!(error("slow_down"), Ok(Progress::SlowDown));
        assert!(matches!(error("server_error"), Ok(Progress::Busy(_))));
        let of_the_person =
            ["access_denied", "authorization_declined", "invalid_grant", "bad_verification_code"];
        for name in of_the_person {
            assert_eq!(error(name), Err(Error::Refused(FlowRefusal::Denied, format!("error={name}"))));
        }
        assert_eq!(
            error("expired_token"),
            Err(Error::Refused(FlowRefusal::Expired, "error=expired_token".into()))
        );
        assert!(matches!(error("unauthorized_client"), Err(Error::Unavailable(Unavailability::Policy, _))));
        assert!(matches!(error(""), Err(Error::Unavailable(Unavailability::Answer, _))));
        let done = progress(200, json!({ "id_token": "t", "access_token": "a", "refresh_token": "r" }));
        assert_eq!(done, Ok(Progress::Done(Secret::new("t"))));
        for nothing in
            [json!({}), json!({ "access_token": "a" }), json!({ "id_token": 7 }), json!({ "id_token": "" })]
        {
            assert!(matches!(progress(200, nothing), Err(Error::Unavailable(Unavailability::Answer, _))));
        }
    }

    #[test]
    fn entras_errors_say_what_to_do_and_name_nobody() {
        let entra = |name: &str, code: u64| {
            let error = json!({
                "error": name, "error_description": format!("AADSTS{code}: anna@example.org"), "error_codes": [code],
                "trace_id": "5d3f", "correlation_id": "9 0\n", "suberror": "anna",
            });
            let parsed = [
                parse_start(400, &json(&error)).unwrap_err(),
                parse_progress(400, &json(&error)).unwrap_err(),
            ];
            parsed.map(|error| match error {
                Error::Unavailable(why, detail) => (Some(why), detail),
                // What a policy has against one person is no outage for all.
                Error::Refused(FlowRefusal::Denied, detail) => (None, detail),
                other @ Error::Refused(..) => panic!("{other:?}"),
            })
        };
        for (name, code, words) in [
            ("invalid_client", 7_000_218, "Allow public client flows"),
            ("access_denied", 53_003, "Conditional Access blocks"),
            ("invalid_grant", 53_003, "Conditional Access blocks"),
            ("unauthorized_client", 700_016, "no such application"),
            ("unauthorized_client", 1, "device authorization grant"),
        ] {
            let answers = entra(name, code);
            let whys = answers.each_ref().map(|(why, _)| *why);
            let later = if code == 53_003 { None } else { Some(Unavailability::Policy) };
            assert_eq!(whys, [Some(Unavailability::Policy), later], "{name}");
            for (_, detail) in answers {
                assert!(detail.contains(words), "{detail}");
                let own = format!("error={name} AADSTS{code} trace_id=5d3f correlation_id=9?0?");
                assert!(detail.contains(&own) && !detail.contains("anna"), "{detail}");
            }
        }
        for (why, _) in entra("invalid_client", 7_000_215) {
            assert_eq!(why, Some(Unavailability::Settings));
        }
    }
}
