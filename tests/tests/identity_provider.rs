//! `otp-idp` and a real OpenID provider, npm's oidc-provider over TLS with a person who signs in there; and tokens that no
//! sound provider signs.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use data_encoding::BASE64URL_NOPAD;
use insis_otp::identity::Message;
use insis_otp_tests::identity_flow::{begin, detail_of, machine, offered, outcome, stub_settings, word};
use insis_otp_tests::identity_provider::{Decision, Provider, own};
use insis_otp_tests::stub_provider::{Page, Question, Reply, Stub, claims, done};
use otp_idp::signing::SigningKey;
use serde_json::{Value, json};

/// Signs in with these fields and returns what comes of it.
fn sign_in(provider: &Provider, decision: Decision, fields: &[&str]) -> Message {
    let mut flow = begin(60);
    let (uri, code) = offered(&mut flow);
    provider.person(&uri, &code, decision, fields);
    flow.hear().unwrap()
}

#[test]
fn somebody_who_signs_in_with_a_second_factor_is_proved_with_each_algorithm() {
    let provider = Provider::start();
    for client in ["rs256", "ps256", "es256", "eddsa"] {
        let _env = machine(&provider.settings(client, "mfa = \"amr=mfa\""));
        let message = sign_in(&provider, Decision::Approve, &["account=anna-7", "amr=pwd mfa", "acr=x y"]);
        let Message::Proved { identity, detail } = message else { panic!("{client}: {message:?}") };
        assert_eq!(
            (identity.issuer(), identity.tenant(), identity.subject()),
            (provider.issuer(), "", "anna-7")
        );
        assert!(detail.starts_with("amr=pwd,mfa acr=x?y auth_time="), "{detail}");
    }
}

#[test]
fn the_second_factor_has_to_be_shown_as_the_site_chose() {
    let provider = Provider::start();
    let refeds = "acr=https://refeds.org/profile/mfa";
    for (mfa, fields, expected) in [
        ("amr=mfa", vec!["amr=pwd"], "idp-no-mfa"),
        ("amr=mfa", vec![], "idp-no-mfa"),
        (refeds, vec![refeds], "proved"),
        (refeds, vec!["acr=https://refeds.org/profile/sfa", "amr=pwd mfa"], "idp-no-mfa"),
        ("acrs=c1", vec![r#"claims={"acrs":["c0","c1"]}"#], "proved"),
        ("acrs=c1", vec![r#"claims={"acrs":["c0"]}"#], "idp-no-mfa"),
        ("provider", vec![], "proved"),
    ] {
        let _env = machine(&provider.settings("es256", &format!("mfa = \"{mfa}\"")));
        let fields = [vec!["account=anna-7"], fields].concat();
        let message = sign_in(&provider, Decision::Approve, &fields);
        assert_eq!(word(&message), expected, "{mfa} {fields:?}: {message:?}");
    }
}

#[test]
fn who_signed_in_long_ago_or_says_no_is_refused() {
    let provider = Provider::start();
    let _env = machine(&provider.settings("rs256", "mfa = \"amr=mfa\"\nmax_age = \"off\""));
    let long_ago = ["account=anna-7", "amr=mfa", "ago=4000"];
    assert_eq!(word(&sign_in(&provider, Decision::Approve, &long_ago)), "proved");
    assert_eq!(word(&sign_in(&provider, Decision::Refuse, &[])), "idp-denied");
    assert_eq!(word(&sign_in(&provider, Decision::Abort, &[])), "idp-denied");
}

#[test]
fn subject_and_tenant_are_the_claims_that_the_site_names() {
    let provider = Provider::start();
    let entra = "mfa = \"provider\"\nsubject = \"oid\"\ntenant = \"t-1\"\n";
    let _env = machine(&provider.settings("rs256", entra));
    let claims =
        |text: &str| sign_in(&provider, Decision::Approve, &["account=anna-7", &format!("claims={text}")]);
    let Message::Proved { identity, .. } = claims(r#"{"tid":"t-1","oid":"o-1","preferred_username":"root"}"#)
    else {
        panic!("not proved")
    };
    assert_eq!((identity.tenant(), identity.subject()), ("t-1", "o-1"));
    assert_eq!(word(&claims(r#"{"tid":"t-2","oid":"o-1"}"#)), "idp-token");
    assert_eq!(word(&claims(r#"{"tid":"t-1"}"#)), "idp-token");
}

#[test]
fn a_site_with_a_secret_shows_it() {
    let provider = Provider::start();
    let file = "/etc/security/insis-otp-client-secret";
    let settings = format!("mfa = \"provider\"\nclient_secret_file = \"{file}\"");
    let env = machine(&provider.settings("confidential", &settings));
    for (secret, mode, expected) in [
        ("correct horse\n", 0o600, "proved"),
        ("wrong horse\n", 0o600, "idp-settings"),
        ("correct horse\n", 0o640, "idp-settings"),
        ("", 0o600, "idp-settings"),
    ] {
        env.write(Path::new(file), secret.as_bytes(), mode);
        let mut flow = begin(60);
        let message = match flow.hear().unwrap() {
            Message::Offered { uri, code } => {
                provider.person(&uri, &code, Decision::Approve, &["account=anna-7"]);
                flow.hear().unwrap()
            }
            other => other,
        };
        assert_eq!(word(&message), expected, "{secret:?} {mode:o}: {message:?}");
        assert!(!format!("{message:?}").contains("horse"), "{message:?}");
    }
    env.write(Path::new(file), &[b'x'; 4097], 0o600);
    assert_eq!(word(&begin(60).hear().unwrap()), "idp-settings");
    std::fs::remove_file(file).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", file).unwrap();
    assert_eq!(word(&begin(60).hear().unwrap()), "idp-settings");
}

#[test]
fn nobody_who_comes_is_an_expired_flow_and_it_ends_in_time() {
    let provider = Provider::with(&[("DEVICE_CODE_TTL", "4")]);
    let _env = machine(&provider.settings("rs256", "mfa = \"provider\""));
    for seconds in [2, 60] {
        let began = Instant::now();
        let mut flow = begin(seconds);
        offered(&mut flow);
        let message = flow.hear().unwrap();
        assert_eq!(word(&message), "idp-expired", "{message:?}");
        assert!(began.elapsed() < Duration::from_secs(seconds.min(5) + 1), "{:?}", began.elapsed());
    }
}

#[test]
fn a_device_code_is_redeemed_once() {
    let provider = Provider::start();
    // Not by otp-idp, which does not try: what the provider does then.
    let mut client = Command::new("node");
    client.arg(own("apps/redeem.mjs")).args([provider.issuer(), "rs256"]);
    client.env("NODE_EXTRA_CA_CERTS", own("apps/tls/authority.pem"));
    let mut client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(client.stdout.take().unwrap()).lines();
    let begun = lines.next().unwrap().unwrap();
    let (uri, code) = begun.split_once(' ').unwrap();
    provider.person(uri, code, Decision::Approve, &["account=anna-7", "amr=pwd mfa"]);
    client.stdin.take().unwrap().write_all(b"now\n").unwrap();
    let redeemed: Vec<_> = lines.map(Result::unwrap).collect();
    assert_eq!(redeemed, ["200 id_token", "400 invalid_grant"]);
    assert!(client.wait().unwrap().success());
    // To otp-idp that is a refusal; and it redeems no code of which it has the token.
    let token = |question: &Question| done(&SigningKey::rsa("a").token("RS256", &claims(&question.issuer)));
    let stub = Stub::start(move |question| match (question.page, question.before) {
        (Page::Token, 0) => Some(token(question)),
        (Page::Token, _) => Some(Reply::Json(400, json!({ "error": "invalid_grant" }))),
        _ => None,
    });
    let _env = machine(&stub_settings(&stub, "mfa = \"amr=mfa\""));
    let mut flow = begin(30);
    offered(&mut flow);
    assert_eq!(word(&flow.hear().unwrap()), "proved");
    assert!(flow.hear().is_err(), "one proof and no more");
    assert_eq!(stub.count(Page::Token), 1);
    assert_eq!(word(&outcome(30)), "idp-denied");
}

/// What a token's header and claims are changed to, who signs it, and what comes of it.
type Forgery = (&'static str, fn(&str) -> String, &'static str);

fn signed(issuer: &str, name: &str, value: Value) -> String {
    let mut claims = claims(issuer);
    claims[name] = value;
    SigningKey::rsa("a").token("RS256", &claims)
}

fn now() -> u64 {
    insis_otp::service::system_clock().0
}

const FORGERIES: &[Forgery] = &[
    ("as it should be", |issuer| SigningKey::rsa("a").token("RS256", &claims(issuer)), "proved"),
    ("PS256 of the same key", |issuer| SigningKey::rsa("a").token("PS256", &claims(issuer)), "proved"),
    ("another issuer", |issuer| signed(issuer, "iss", "https://evil.example".into()), "idp-token"),
    ("another audience", |issuer| signed(issuer, "aud", "other".into()), "idp-token"),
    ("two audiences", |issuer| signed(issuer, "aud", json!(["otp", "other"])), "idp-token"),
    ("another party", |issuer| signed(issuer, "azp", "other".into()), "idp-token"),
    ("expired", |issuer| signed(issuer, "exp", (now() - 65).into()), "idp-token"),
    ("just expired", |issuer| signed(issuer, "exp", (now() - 50).into()), "proved"),
    ("not yet valid", |issuer| signed(issuer, "nbf", (now() + 70).into()), "idp-token"),
    ("almost valid", |issuer| signed(issuer, "nbf", (now() + 50).into()), "proved"),
    ("of the future", |issuer| signed(issuer, "iat", (now() + 70).into()), "idp-token"),
    ("of before the login", |issuer| signed(issuer, "iat", (now() - 370).into()), "idp-token"),
    ("dated back as Entra does", |issuer| signed(issuer, "iat", (now() - 300).into()), "proved"),
    (
        "signed in long ago",
        |issuer| signed(issuer, "auth_time", (now() - 700).into()),
        "idp-signed-in-too-long-ago",
    ),
    ("signed in, as a string", |issuer| signed(issuer, "auth_time", now().to_string().into()), "proved"),
    ("signed in, nobody knows when", |issuer| signed(issuer, "auth_time", Value::Null), "idp-no-auth-time"),
    ("one factor", |issuer| signed(issuer, "amr", json!(["pwd"])), "idp-no-mfa"),
    ("nobody", |issuer| signed(issuer, "sub", "".into()), "idp-token"),
    ("a number", |issuer| signed(issuer, "sub", 7.into()), "idp-token"),
    ("another key", |issuer| SigningKey::other_rsa("a").token("RS256", &claims(issuer)), "idp-token"),
    ("an unknown key", |issuer| SigningKey::rsa("x").token("RS256", &claims(issuer)), "idp-token"),
    ("a key of another type", |issuer| SigningKey::rsa("p").token("RS256", &claims(issuer)), "idp-token"),
    (
        "ES256 with the name of an RSA key",
        |issuer| SigningKey::p256("a").token("ES256", &claims(issuer)),
        "idp-token",
    ),
    (
        "no name, two keys",
        |issuer| SigningKey::rsa("a").sign(r#"{"alg":"RS256"}"#, &claims(issuer).to_string()),
        "idp-token",
    ),
    ("alg none", |issuer| unsigned(issuer, r#"{"alg":"none","kid":"a"}"#), "idp-token"),
    ("alg HS256 with the public key", hs256, "idp-token"),
    (
        "crit",
        |issuer| {
            SigningKey::rsa("a")
                .sign(r#"{"alg":"RS256","kid":"a","crit":["b64"]}"#, &claims(issuer).to_string())
        },
        "idp-token",
    ),
    (
        "an access token",
        |issuer| {
            SigningKey::rsa("a")
                .sign(r#"{"alg":"RS256","kid":"a","typ":"at+jwt"}"#, &claims(issuer).to_string())
        },
        "idp-token",
    ),
    ("a claim twice", twice, "idp-token"),
    ("nonsense", |_| "nonsense".to_owned(), "idp-token"),
    ("huge", |issuer| signed(issuer, "x", "y".repeat(20_000).into()), "idp-token"),
];

fn unsigned(issuer: &str, header: &str) -> String {
    let text = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
    format!("{}.{}.", text(header), text(&claims(issuer).to_string()))
}

fn hs256(issuer: &str) -> String {
    let signed = unsigned(issuer, r#"{"alg":"HS256","kid":"a"}"#);
    let signed = signed.trim_end_matches('.');
    let key = BASE64URL_NOPAD.decode(SigningKey::rsa("a").jwk()["n"].as_str().unwrap().as_bytes()).unwrap();
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&otp_idp::signing::hmac_sha256(&key, signed.as_bytes())))
}

fn twice(issuer: &str) -> String {
    let claims = claims(issuer).to_string();
    let claims = format!("{},\"sub\":\"eve\"}}", claims.trim_end_matches('}'));
    SigningKey::rsa("a").sign(r#"{"alg":"RS256","kid":"a"}"#, &claims)
}

#[test]
fn a_token_that_is_not_valid_for_this_login_is_refused_whatever_is_wrong_with_it() {
    let stub = Stub::start(|question| match question.page {
        Page::Keys => {
            let keys =
                [SigningKey::rsa("a").jwk(), SigningKey::other_rsa("b").jwk(), SigningKey::p256("p").jwk()];
            Some(Reply::Json(200, json!({ "keys": keys })))
        }
        Page::Token => {
            let case: usize = question.form["device_code"].parse().unwrap();
            Some(done(&FORGERIES[case].1(&question.issuer)))
        }
        _ => None,
    });
    let _env = machine(&stub_settings(&stub, "mfa = \"amr=mfa\""));
    let try_one = || {
        let mut flow = begin(30);
        let (_, code) = offered(&mut flow);
        let (name, _, expected) = FORGERIES[code.trim_start_matches("CASE-").parse::<usize>().unwrap()];
        let message = flow.hear().unwrap();
        assert_eq!(word(&message), expected, "{name}: {message:?}");
        assert!(!detail_of(&message).contains("anna"), "{message:?}");
    };
    for group in FORGERIES.chunks(6) {
        std::thread::scope(|scope| {
            let flows: Vec<_> = group.iter().map(|_| scope.spawn(try_one)).collect();
            flows.into_iter().for_each(|flow| flow.join().unwrap());
        });
    }
    assert_eq!(stub.count(Page::Device), FORGERIES.len());
    assert_eq!(stub.count(Page::Other), 0);
    // One more for the unknown name, and nothing more for any other.
    assert_eq!(stub.count(Page::Keys), FORGERIES.len() + 1);
}

#[test]
fn a_provider_that_changes_its_key_in_the_middle_is_asked_once_more() {
    let stub = Stub::start(|question| match question.page {
        Page::Keys if question.before == 0 => None,
        Page::Keys => Some(Reply::Json(200, json!({ "keys": [SigningKey::other_rsa("new").jwk()] }))),
        Page::Token => Some(done(&SigningKey::other_rsa("new").token("RS256", &claims(&question.issuer)))),
        _ => None,
    });
    let _env = machine(&stub_settings(&stub, "mfa = \"amr=mfa\""));
    assert_eq!(word(&outcome(30)), "proved");
    assert_eq!(stub.count(Page::Keys), 2);
}
