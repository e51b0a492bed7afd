//! `otp-idp` and a real OpenID provider, npm's oidc-provider over TLS with a person who signs in there; and one that does what
//! no sound provider does.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use data_encoding::BASE64URL_NOPAD;
use insis_otp::identity::{Message, Start};
use insis_otp::service::Flow;
use insis_otp_tests::env::{Env, run};
use insis_otp_tests::identity_provider::{CA_FILE, Decision, PROGRAM, Provider, authority, own, settings};
use insis_otp_tests::stub_provider::{Page, Question, Reply, Stub, claims, device, done, pending};
use otp_idp::signing::SigningKey;
use serde_json::{Value, json};

fn machine(settings: &str) -> Env {
    Env::build().config(settings).file(CA_FILE, authority(), 0o644).start()
}

fn begin(seconds: u64) -> Flow {
    Flow::begin(Path::new(PROGRAM), Start { seconds }).unwrap()
}

/// What the person is told.
fn offered(flow: &mut Flow) -> (String, String) {
    match flow.hear().unwrap() {
        Message::Offered { uri, code } => (uri, code),
        other => panic!("{other:?}"),
    }
}

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

/// What comes of it, in a word.
fn word(message: &Message) -> &'static str {
    match message {
        Message::Offered { .. } => "offered",
        Message::Proved { .. } => "proved",
        Message::Refused(why, _) => why.name(),
        Message::Unavailable(why, _) => why.name(),
    }
}

fn detail_of(message: &Message) -> &str {
    match message {
        Message::Refused(_, detail) | Message::Unavailable(_, detail) | Message::Proved { detail, .. } => {
            detail
        }
        Message::Offered { .. } => "",
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

fn stub_settings(stub: &Stub, more: &str) -> String {
    settings(stub.issuer(), "otp", more)
}

/// The first message, and how long it took.
fn first(seconds: u64) -> (Message, Duration) {
    let began = Instant::now();
    let message = begin(seconds).hear().unwrap();
    (message, began.elapsed())
}

/// What comes after the offer.
fn outcome(seconds: u64) -> Message {
    let mut flow = begin(seconds);
    offered(&mut flow);
    flow.hear().unwrap()
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

#[test]
fn errors_of_the_provider_are_told_apart_and_nobody_is_asked_too_often() {
    let error = |name: &str| Reply::Json(400, json!({ "error": name, "error_description": "Anna Smith" }));
    for (name, expected) in [
        ("authorization_declined", "idp-denied"),
        ("access_denied", "idp-denied"),
        ("expired_token", "idp-expired"),
        ("unauthorized_client", "idp-policy"),
        ("nonsense", "idp-denied"),
    ] {
        let stub = Stub::start(move |question| (question.page == Page::Token).then(|| error(name)));
        let _env = machine(&stub_settings(&stub, "mfa = \"provider\""));
        let message = outcome(30);
        assert_eq!(word(&message), expected, "{name}: {message:?}");
        assert!(!detail_of(&message).contains("Anna"), "{message:?}");
    }
    // After slow_down, five seconds more than before.
    let times = std::sync::Mutex::new(Vec::new());
    let times = std::sync::Arc::new(times);
    let seen = std::sync::Arc::clone(&times);
    let stub = Stub::start(move |question| {
        (question.page == Page::Token).then(|| {
            seen.lock().unwrap().push(Instant::now());
            error(if question.before == 0 { "slow_down" } else { "access_denied" })
        })
    });
    let _env = machine(&stub_settings(&stub, "mfa = \"provider\""));
    assert_eq!(word(&outcome(30)), "idp-denied");
    let times = times.lock().unwrap();
    let apart = times[1] - times[0];
    assert!((6.0..20.0).contains(&apart.as_secs_f64()), "{apart:?}");
}

#[test]
fn an_interval_may_be_missing_or_a_string() {
    for (interval, least) in [(Value::Null, 5.0), (json!("2"), 2.0)] {
        let stub = Stub::start(move |question| {
            (question.page == Page::Device).then(|| {
                let mut device = device(&question.issuer, 0);
                device["interval"] = interval.clone();
                Reply::Json(200, device)
            })
        });
        let _env = machine(&stub_settings(&stub, "mfa = \"provider\""));
        let began = Instant::now();
        // Pending first, then expired.
        assert_eq!(word(&outcome(30)), "idp-expired");
        let (least, took) = (2.0 * least, began.elapsed().as_secs_f64());
        assert!((least..least + 10.0).contains(&took), "{took}");
    }
}

fn raw(text: &str) -> Reply {
    Reply::Raw(text.as_bytes().to_vec())
}

#[test]
fn what_is_no_answer_is_told_in_bounded_time_on_every_page() {
    let huge = || Reply::Text(200, format!("{{\"x\":\"{}\"}}", "y".repeat(70_000)));
    let length = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"issuer\":";
    let answers: [(&str, Reply, &str); 14] = [
        ("not JSON", Reply::Text(200, "<html>".into()), "idp-answer"),
        ("an array", Reply::Text(200, "[]".into()), "idp-answer"),
        ("nothing", Reply::Text(200, String::new()), "idp-answer"),
        ("a name twice", Reply::Text(200, r#"{"issuer":"a","issuer":"b"}"#.into()), "idp-answer"),
        ("not UTF-8", raw("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{\u{ff}"), "idp-answer"),
        ("huge", huge(), "idp-answer"),
        (
            "huge, in chunks",
            raw(&format!(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11170\r\n{}\r\n0\r\n\r\n",
                " ".repeat(70_000)
            )),
            "idp-answer",
        ),
        (
            "a huge header",
            raw(&format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n{{}}", "y".repeat(70_000))),
            "idp-answer",
        ),
        ("truncated", raw(length), "idp-network"),
        ("no HTTP", raw("SSH-2.0-OpenSSH_9.2\r\n\r\n"), "idp-answer"),
        ("a redirect", Reply::Redirect("https://127.0.0.1:1/".into()), "idp-answer"),
        ("not found", Reply::Text(404, "{}".into()), "idp-answer"),
        ("down", Reply::Text(503, "<html>".into()), "idp-network"),
        ("hung up", Reply::Close, "idp-network"),
    ];
    for page in [Page::Discovery, Page::Device, Page::Keys] {
        for (name, reply, expected) in &answers {
            let reply = reply.clone();
            let stub = Stub::start(move |question| (question.page == page).then(|| reply.clone()));
            let _env = machine(&stub_settings(&stub, "mfa = \"provider\""));
            let began = Instant::now();
            let message = if page == Page::Keys { outcome(30) } else { first(30).0 };
            assert_eq!(word(&message), *expected, "{page:?} {name}: {message:?}");
            assert!(began.elapsed() < Duration::from_secs(3), "{page:?} {name}: {:?}", began.elapsed());
            assert_eq!(stub.count(Page::Other), 0);
        }
    }
}

#[test]
fn a_provider_that_stumbles_while_the_person_is_on_the_way_is_asked_again() {
    let stub = Stub::start(|question| match (question.page, question.before) {
        (Page::Token, 0) => Some(Reply::Close),
        (Page::Token, 1) => Some(Reply::Text(502, "<html>".into())),
        (Page::Token, 2) => Some(pending()),
        (Page::Token, 3) => Some(Reply::Json(503, json!({ "error": "temporarily_unavailable" }))),
        (Page::Token, _) => Some(done(&SigningKey::rsa("a").token("RS256", &claims(&question.issuer)))),
        _ => None,
    });
    let _env = machine(&stub_settings(&stub, "mfa = \"amr=mfa\""));
    let message = outcome(30);
    assert_eq!(word(&message), "proved", "{message:?}");
    let stub = Stub::start(|question| (question.page == Page::Token).then_some(Reply::Close));
    let _env = machine(&stub_settings(&stub, "mfa = \"amr=mfa\""));
    assert_eq!(word(&outcome(30)), "idp-network");
    assert_eq!(stub.count(Page::Token), 3);
}

#[test]
fn a_connection_that_hangs_or_drips_is_given_up() {
    let drip = Reply::Drip(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{".repeat(9), 100);
    for reply in [Reply::Hang, drip] {
        let stub = Stub::start(move |question| (question.page == Page::Discovery).then(|| reply.clone()));
        let _env = machine(&stub_settings(&stub, "mfa = \"provider\""));
        let (message, took) = first(30);
        assert_eq!(word(&message), "idp-network", "{message:?}");
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
    // Nobody is there; somebody is, and does not speak TLS.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("https://{}", listener.local_addr().unwrap());
    for (issuer, longest) in
        [("https://127.0.0.1:1", 1), (silent.as_str(), 5), ("https://no.such.host.invalid", 5)]
    {
        let _env = machine(&settings(issuer, "otp", "mfa = \"provider\""));
        let (message, took) = first(30);
        assert_eq!(word(&message), "idp-network", "{message:?}");
        assert!(took < Duration::from_secs(longest), "{issuer}: {took:?}");
    }
}

#[test]
fn a_certificate_has_to_be_valid_and_of_the_right_name() {
    for certificate in ["another-name", "expired"] {
        let stub = Stub::with_certificate(certificate, |_| None);
        let _env = machine(&stub_settings(&stub, "mfa = \"provider\""));
        let (message, _) = first(30);
        assert_eq!(word(&message), "idp-certificate", "{certificate}: {message:?}");
        assert!(stub.asked().is_empty());
    }
    // The system's authorities know nothing of the tests'.
    let stub = Stub::start(|_| None);
    let text = stub_settings(&stub, "mfa = \"provider\"").replace(&format!("ca_file = \"{CA_FILE}\"\n"), "");
    let _env = machine(&text);
    assert_eq!(word(&first(30).0), "idp-certificate");
    for (contents, expected) in [("", "idp-settings"), ("nonsense", "idp-settings")] {
        let env = machine(&stub_settings(&stub, "mfa = \"provider\""));
        env.write(Path::new(CA_FILE), contents.as_bytes(), 0o644);
        assert_eq!(word(&first(30).0), expected);
    }
}

/// The program, with one end of a socket of ours.
fn spawn() -> (Child, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut command = Command::new(PROGRAM);
    command.env_clear().current_dir("/").stderr(Stdio::null());
    command.stdin(OwnedFd::from(theirs.try_clone().unwrap())).stdout(OwnedFd::from(theirs));
    (command.spawn().unwrap(), ours)
}

/// Whether the program has ended by itself a second after its socket was closed.
fn ends_within_a_second(mut child: Child) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(1) {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    false
}

fn start_line(socket: &mut UnixStream) {
    socket.write_all(Start { seconds: 60 }.encode().as_bytes()).unwrap();
}

#[test]
fn it_ends_within_a_second_when_the_person_hangs_up_whatever_it_does() {
    for hanging in [None, Some(Page::Discovery), Some(Page::Device), Some(Page::Keys), Some(Page::Token)] {
        let stub = Stub::start(move |question| (Some(question.page) == hanging).then_some(Reply::Hang));
        let _env = machine(&stub_settings(&stub, "mfa = \"provider\""));
        let (child, mut socket) = spawn();
        start_line(&mut socket);
        let until = hanging.unwrap_or(Page::Token);
        let began = Instant::now();
        while stub.count(until) == 0 {
            assert!(began.elapsed() < Duration::from_secs(10), "{until:?} is not asked for");
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(socket);
        assert!(ends_within_a_second(child), "{hanging:?}");
    }
    // Before anything was asked.
    let (child, socket) = spawn();
    drop(socket);
    assert!(ends_within_a_second(child));
}

/// A line of /proc/PID/status.
fn status(pid: u32, name: &str) -> String {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn it_keeps_no_rights_of_roots_and_no_memory_for_others() {
    let stub = Stub::start(|question| (question.page == Page::Device).then_some(Reply::Hang));
    let env = machine(&stub_settings(&stub, "mfa = \"provider\""));
    let (mut child, mut socket) = spawn();
    start_line(&mut socket);
    while stub.count(Page::Device) == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let id = |what: &str| {
        let output = run(env.command("id").args([what, "insis-otp-idp"])).stdout;
        String::from_utf8(output).unwrap().trim().to_owned()
    };
    let pid = child.id();
    assert_eq!(status(pid, "Uid"), [id("-u").as_str(); 4].join(" "));
    assert_eq!(status(pid, "Gid"), [id("-g").as_str(); 4].join(" "));
    assert_ne!(id("-u"), "0");
    assert_eq!(status(pid, "Groups"), "");
    assert_eq!(status(pid, "NoNewPrivs"), "1");
    for set in ["CapPrm", "CapEff", "CapAmb"] {
        assert_eq!(status(pid, set), "0000000000000000", "{set}");
    }
    // Of a process that is not dumpable, everything belongs to root.
    let owner = std::fs::metadata(format!("/proc/{pid}/mem")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&owner), 0);
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert!(core.split_whitespace().filter(|word| *word == "0").count() == 2, "{core}");
    assert!(std::fs::read(format!("/proc/{pid}/environ")).unwrap().is_empty());
    assert_eq!(std::fs::read(format!("/proc/{pid}/cmdline")).unwrap(), [PROGRAM.as_bytes(), b"\0"].concat());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_person_can_ask_and_stays_that_person() {
    let stub = Stub::start(|question| {
        let token = || done(&SigningKey::rsa("a").token("RS256", &claims(&question.issuer)));
        (question.page == Page::Token).then(token)
    });
    let env = Env::build().user("anna", "secret").config(&stub_settings(&stub, "mfa = \"amr=mfa\""));
    let env = env.file(CA_FILE, authority(), 0o644).start();
    // The other end stays open.
    let mut child =
        env.as_user("anna", PROGRAM).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(Start { seconds: 30 }.encode().as_bytes()).unwrap();
    let mut output = String::new();
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    let messages: Vec<_> = output.lines().map(|line| Message::decode(line.as_bytes()).unwrap()).collect();
    assert_eq!(messages.iter().map(word).collect::<Vec<_>>(), ["offered", "proved"]);
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_the_program_lacks_is_named() {
    let env = machine("");
    let (message, _) = first(30);
    assert_eq!(word(&message), "idp-settings");
    assert!(detail_of(&message).contains("[identity_provider]"), "{message:?}");
    let stub = Stub::start(|_| None);
    drop(env);
    let env = machine(&stub_settings(&stub, "mfa = \"provider\""));
    // userdel would mind the processes of other tests' machines.
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let others: String =
        users.split_inclusive('\n').filter(|line| !line.starts_with("insis-otp-idp:")).collect();
    env.write(Path::new("/etc/passwd"), others.as_bytes(), 0o644);
    let (message, _) = first(30);
    assert_eq!(word(&message), "idp-settings");
    assert!(detail_of(&message).contains("useradd --system") && stub.asked().is_empty(), "{message:?}");
    // Arguments are for nobody.
    let output = env.command(PROGRAM).arg("--version").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("otp-idp(8)"));
}

#[test]
fn what_is_no_question_is_answered_without_asking_anybody() {
    let stub = Stub::start(|_| None);
    let env = machine(&stub_settings(&stub, "mfa = \"provider\""));
    for question in
        ["\n", "insis-otp-idp 2 start seconds=90\n", "insis-otp-idp 1 start seconds=0\n", &"x".repeat(5000)]
    {
        let mut child = env.command(PROGRAM).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let _ = input.write_all(question.as_bytes());
        let mut output = String::new();
        child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
        assert_eq!(word(&Message::decode(output.as_bytes()).unwrap()), "idp-settings", "{output:?}");
        child.wait().unwrap();
    }
    assert!(stub.asked().is_empty());
}

#[test]
fn a_proxy_is_used_where_the_settings_name_one_and_only_there() {
    let stub = Stub::start(|_| None);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = String::new();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while !request.ends_with("\r\n\r\n") {
            assert_ne!(reader.read_line(&mut request).unwrap(), 0, "{request}");
        }
        let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        request
    });
    let env = machine(&stub_settings(&stub, &format!("mfa = \"provider\"\nproxy = \"{proxy}\"")));
    let (message, _) = first(30);
    assert_eq!(word(&message), "idp-network", "{message:?}");
    let heard = heard.join().unwrap();
    let target = stub.issuer().trim_start_matches("https://");
    assert!(heard.starts_with(&format!("CONNECT {target} HTTP/1.1\r\n")), "{heard}");
    assert!(stub.asked().is_empty());
    drop(env);
    // The caller's environment is nothing to it.
    let env = machine(&stub_settings(&stub, "mfa = \"provider\""));
    let mut command = env.command(PROGRAM);
    command.envs([
        ("https_proxy", "http://127.0.0.1:1"),
        ("SSL_CERT_FILE", "/dev/null"),
        ("ALL_PROXY", "http://127.0.0.1:1"),
    ]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(Start { seconds: 30 }.encode().as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(word(&Message::decode(line.as_bytes()).unwrap()), "offered");
    drop(input);
    child.wait().unwrap();
}

#[test]
fn entra_is_asked_as_it_wants_to_be_and_its_errors_say_what_to_do() {
    let stub = Stub::start(|question| {
        let mut claims = claims(&question.issuer);
        claims["tid"] = "t-1".into();
        claims["oid"] = "o-1".into();
        claims["acrs"] = json!(["c1"]);
        let error = |name: &str, code: u64| {
            let description = format!("AADSTS{code}: anna@example.org is not allowed");
            Reply::Json(
                400,
                json!({ "error": name, "error_description": description, "error_codes": [code], "trace_id": "5d3f" }),
            )
        };
        match (question.page, question.before) {
            (Page::Token, 0) => Some(error("authorization_pending", 70016)),
            (Page::Token, 1) => Some(done(&SigningKey::rsa("a").token("RS256", &claims))),
            (Page::Token, 2) => Some(error("authorization_declined", 70018)),
            (Page::Token, _) => Some(error("invalid_grant", 53003)),
            (Page::Device, 3) => Some(error("invalid_client", 7_000_218)),
            _ => None,
        }
    });
    let text = stub_settings(&stub, "preset = \"entra\"\ntenant = \"t-1\"\nmfa = \"acrs=c1\"");
    let _env = machine(&text);
    let Message::Proved { identity, detail } = outcome(30) else { panic!("not proved") };
    assert_eq!((identity.tenant(), identity.subject()), ("t-1", "o-1"));
    assert!(detail.starts_with("amr=pwd,mfa acrs=c1 auth_time="), "{detail}");
    let asked = stub.asked();
    let begin = asked.iter().find(|question| question.page == Page::Device).unwrap();
    assert_eq!(begin.form["scope"], "openid+profile");
    assert!(begin.form["claims"].contains("acrs") && begin.authorization.is_none());
    assert!(!begin.form.contains_key("max_age") && !begin.form.contains_key("client_secret"));
    for (expected, words) in [
        ("idp-denied", "error=authorization_declined AADSTS70018 trace_id=5d3f"),
        ("idp-denied", "Conditional Access blocks the device code flow"),
    ] {
        let message = outcome(30);
        assert_eq!(word(&message), expected, "{message:?}");
        assert!(detail_of(&message).contains(words) && !detail_of(&message).contains("anna"), "{message:?}");
    }
    let (message, _) = first(30);
    assert_eq!(word(&message), "idp-policy");
    assert!(detail_of(&message).contains("Allow public client flows"), "{message:?}");
}

#[test]
fn names_that_are_not_looked_up_hold_nobody_up() {
    // It is asked, and says nothing.
    let server = std::net::UdpSocket::bind("127.0.0.1:53").unwrap();
    let env = machine(&settings("https://login.example.org", "otp", "mfa = \"provider\""));
    env.write(Path::new("/etc/resolv.conf"), b"nameserver 127.0.0.1\noptions timeout:30\n", 0o644);
    env.write(Path::new("/etc/nsswitch.conf"), b"passwd: files\ngroup: files\nhosts: files dns\n", 0o644);
    let (message, took) = first(30);
    assert_eq!(word(&message), "idp-network", "{message:?}");
    assert!((2.5..4.5).contains(&took.as_secs_f64()), "{took:?}");
    let (child, mut socket) = spawn();
    start_line(&mut socket);
    server.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut query = [0; 512];
    assert!(server.recv(&mut query).unwrap() > 0, "nobody is asked");
    std::thread::sleep(Duration::from_millis(200));
    drop(socket);
    assert!(ends_within_a_second(child));
}

/// How long the threads of a process have been on a processor.
fn own_time(pid: u32) -> Duration {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let times = threads.map(|thread| {
        let text = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        text.split(' ').next().unwrap().parse::<u64>().unwrap()
    });
    Duration::from_nanos(times.sum())
}

#[test]
fn it_takes_little_time_of_its_own() {
    let stub = Stub::start(|_| None);
    let env = machine(&stub_settings(&stub, "mfa = \"provider\""));
    // As many authorities as a system trusts.
    let system = std::fs::read_to_string("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default();
    env.write(Path::new(CA_FILE), format!("{system}{}", authority()).as_bytes(), 0o644);
    let (mut child, mut socket) = spawn();
    start_line(&mut socket);
    while stub.count(Page::Token) == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let took = own_time(child.id());
    println!("{took:?}, with {} authorities", system.matches("BEGIN CERTIFICATE").count() + 1);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(took < Duration::from_millis(30), "{took:?}");
}
