//! OpenID Connect Discovery 1.0: where the provider's endpoints are.

use crate::error::{Error, word};
use crate::json::Json;

/// What is needed of a provider's metadata (section 3; RFC 8628, section 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Where a flow begins.
    pub device_authorization: String,
    /// Where its end is asked for.
    pub token: String,
    /// Where the keys are that ID tokens are signed with.
    pub keys: String,
    /// Whether a client can send its secret in the header `Authorization`.
    pub accepts_basic: bool,
}

/// The address of the metadata (section 4.1).
#[must_use]
pub fn address(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

/// Reads the metadata.
///
/// # Errors
/// It is of another issuer, or lacks what the flow takes.
pub fn parse(metadata: &Json, issuer: &str) -> Result<Endpoints, Error> {
    match metadata.text("issuer") {
        Some(named) if named == issuer => {}
        Some(named) => {
            let named = word(named, 200);
            return Err(Error::settings(format!(
                "issuer must be {named}, as the provider has it, not {issuer}"
            )));
        }
        None => return Err(Error::answer("the provider's metadata name no issuer")),
    }
    let endpoint = |name: &str| match metadata.text(name) {
        Some(address) if is_https(address) => Ok(Some(address.to_owned())),
        Some(_) => Err(Error::answer(format!("{name} is no address that begins with https"))),
        None => Ok(None),
    };
    let missing = |name: &str| Error::answer(format!("the provider's metadata have no {name}"));
    Ok(Endpoints {
        device_authorization: endpoint("device_authorization_endpoint")?.ok_or_else(|| {
            Error::policy(
                "the provider has no device_authorization_endpoint: enable the device authorization grant",
            )
        })?,
        token: endpoint("token_endpoint")?.ok_or_else(|| missing("token_endpoint"))?,
        keys: endpoint("jwks_uri")?.ok_or_else(|| missing("jwks_uri"))?,
        accepts_basic: accepts_basic(metadata),
    })
}

/// Whether the header `Authorization` is taken; it is where nothing else is said.
fn accepts_basic(metadata: &Json) -> bool {
    let methods = metadata.get("token_endpoint_auth_methods_supported").and_then(Json::as_array);
    methods.is_none_or(|methods| methods.iter().any(|method| method.as_text() == Some("client_secret_basic")))
}

/// Whether it is an address to which a request can go: of a host, with nothing before its name.
#[must_use]
pub fn is_https(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    address.len() <= 512
        && !host.is_empty()
        && !host.starts_with(':')
        && !host.contains('@')
        && address.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&byte))
}

#[cfg(test)]
mod tests {
    use insis_otp::identity::Unavailability;

    use super::*;

    const ISSUER: &str = "https://login.example.org/uni";

    fn metadata(change: impl Fn(&mut serde_json::Value)) -> Result<Endpoints, Error> {
        let mut document = serde_json::json!({
            "issuer": ISSUER,
            "device_authorization_endpoint": "https://login.example.org/uni/device",
            "token_endpoint": "https://login.example.org:8443/uni/token?v=2",
            "jwks_uri": "https://keys.example.org/",
        });
        change(&mut document);
        parse(&Json::parse(document.to_string().as_bytes()).unwrap(), ISSUER)
    }

    fn unavailability(change: impl Fn(&mut serde_json::Value)) -> Unavailability {
        match metadata(change) {
            Err(Error::Unavailable(why, _)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn endpoints_are_found() {
        let endpoints = metadata(|_| ()).unwrap();
        assert_eq!(endpoints.keys, "https://keys.example.org/");
        assert!(endpoints.accepts_basic);
        let post = metadata(|m| m["token_endpoint_auth_methods_supported"] = ["client_secret_post"].into());
        assert!(!post.unwrap().accepts_basic);
        let both = ["client_secret_post", "client_secret_basic"];
        assert!(
            metadata(|m| m["token_endpoint_auth_methods_supported"] = both.into()).unwrap().accepts_basic
        );
    }

    #[test]
    fn the_issuer_is_the_very_one() {
        for other in [
            "https://login.example.org/uni/",
            "https://login.example.org/{tenantid}",
            "https://LOGIN.example.org/uni",
        ] {
            assert_eq!(unavailability(|m| m["issuer"] = other.into()), Unavailability::Settings, "{other}");
        }
        for none in [serde_json::Value::Null, 1.into()] {
            assert_eq!(unavailability(|m| m["issuer"] = none.clone()), Unavailability::Answer);
        }
    }

    #[test]
    fn an_endpoint_is_reached_by_https_only() {
        for name in ["device_authorization_endpoint", "token_endpoint", "jwks_uri"] {
            for address in [
                "http://login.example.org/",
                "https://",
                "https:///x",
                "https://:1/",
                "https://anna@example.org/",
                "https://example.org/\u{17e}",
                "https://example.org/ x",
                "https://example.org/#x",
                "file:///etc/passwd",
                "",
            ] {
                assert_eq!(unavailability(|m| m[name] = address.into()), Unavailability::Answer, "{address}");
            }
            assert_eq!(
                unavailability(|m| m[name] = "https://e.org/".repeat(60).into()),
                Unavailability::Answer
            );
        }
        for name in ["token_endpoint", "jwks_uri"] {
            assert_eq!(unavailability(|m| m[name] = ().into()), Unavailability::Answer);
        }
        let grant = "device_authorization_endpoint";
        assert_eq!(unavailability(|m| m[grant] = ().into()), Unavailability::Policy);
    }

    #[test]
    fn the_metadata_are_below_the_issuer() {
        let expected = "https://login.example.org/uni/.well-known/openid-configuration";
        assert_eq!(address(ISSUER), expected);
        assert_eq!(address("https://login.example.org/uni/"), expected);
    }
}
