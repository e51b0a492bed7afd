//! What an OpenID provider answers, and the ID tokens that it issues.

use std::sync::OnceLock;

use insis_otp::config::{IdentityProvider, MfaProof};
use insis_otp::identity::{Identity, LONGEST, Message};
use insis_otp::oath::UnixTime;
use otp_idp::json::Json;
use otp_idp::jws::Unverified;
use otp_idp::key_set::{Algorithm, KeySet};
use otp_idp::signing::SigningKey;
use otp_idp::{device_flow, discovery, token};
use serde_json::Value;

const ISSUER: &str = "https://login.example.org";
const NOW: UnixTime = UnixTime(1_700_000_010);

fn provider() -> IdentityProvider {
    IdentityProvider {
        issuer: ISSUER.to_owned(),
        tenant: "t-1".to_owned(),
        client_id: "otp".to_owned(),
        subject: "sub".to_owned(),
        mfa: MfaProof::Amr("mfa".to_owned()),
        ..IdentityProvider::default()
    }
}

/// An ID token: as it is; as claims whose signature is right; or, where 0xff divides it, as header and claims that are signed.
pub fn id_token(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(token) = Unverified::parse(text)
    {
        let (_, keys) = signer();
        let _ = keys.choose(token.key_id.as_deref(), token.algorithm).map(|key| token.verify(key));
    }
    if let Ok(json) = Json::parse_object(data) {
        claims(data, &json);
    }
    signed(data);
}

/// One key, and the set that it is in.
fn signer() -> &'static (SigningKey, KeySet) {
    static SIGNER: OnceLock<(SigningKey, KeySet)> = OnceLock::new();
    SIGNER.get_or_init(|| {
        let key = SigningKey::ed25519("k");
        let set = serde_json::json!({ "keys": [key.jwk()] }).to_string();
        let set = Json::parse(set.as_bytes()).ok().and_then(|set| KeySet::parse(&set));
        (key, set.expect("a key set"))
    })
}

/// Who is proved is who the claims say, as another reader finds them.
fn claims(data: &[u8], json: &Json) {
    let Ok(proof) = token::check(json, &provider(), NOW, NOW) else { return };
    let value: Value = serde_json::from_slice(data).expect("what is JSON to one is to the other");
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    assert_eq!((text("iss"), text("tid")), (Some(ISSUER), Some("t-1")));
    assert_eq!(text("sub"), Some(proof.identity.subject()));
    assert!(value.get("amr").is_some_and(|amr| amr.to_string().contains("\"mfa\"")));
    let own = Identity::new(ISSUER, "t-1", proof.identity.subject()).expect("an identity");
    let message = Message::Proved { identity: own, detail: proof.detail };
    let line = message.encode();
    assert!(line.len() <= LONGEST && Message::decode(line.as_bytes()).is_ok(), "{line}");
}

/// A token that is accepted has a header that says by what.
fn signed(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == 0xff).map(std::str::from_utf8);
    let (Some(Ok(header)), Some(Ok(claims))) = (parts.next(), parts.next()) else { return };
    let (key, keys) = signer();
    let text = key.sign(header, claims);
    let Ok(token) = Unverified::parse(&text) else { return };
    let Ok(key) = keys.choose(token.key_id.as_deref(), token.algorithm) else { return };
    if token.verify(key).is_ok() {
        let header: Value = serde_json::from_str(header).expect("a header");
        assert_eq!(header.get("alg").and_then(Value::as_str), Some("EdDSA"));
        assert!(header.get("crit").is_none());
    }
}

/// An answer of a provider's: metadata, keys, the begin of a flow, its end, an error.
pub fn provider_answer(data: &[u8]) {
    let Ok(answer) = Json::parse_object(data) else { return };
    let _: Value = serde_json::from_slice(data).expect("what is JSON to one is to the other");
    if let Ok(endpoints) = discovery::parse(&answer, ISSUER) {
        let all = [endpoints.device_authorization, endpoints.token, endpoints.keys];
        assert!(all.iter().all(|address| address.starts_with("https://") && address.is_ascii()));
    }
    if let Some(keys) = KeySet::parse(&answer) {
        for algorithm in [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa] {
            for id in [None, Some("k")] {
                let _ = keys.choose(id, algorithm).map(|key| assert!(key.fits(algorithm)));
            }
        }
    }
    if let Ok(grant) = device_flow::parse_start(200, &answer) {
        assert!((1..=30).contains(&grant.interval) && grant.expires_in > 0);
        let line = Message::Offered { uri: grant.uri, code: grant.user_code }.encode();
        assert!(Message::decode(line.as_bytes()).is_ok(), "{line}");
    }
    for status in [200, 400, 503] {
        let progress = device_flow::parse_progress(status, &answer);
        for error in [progress.err(), device_flow::parse_start(status, &answer).err()].into_iter().flatten() {
            let line = Message::from(error).encode();
            assert!(line.len() <= LONGEST && Message::decode(line.as_bytes()).is_ok(), "{line}");
        }
    }
}
