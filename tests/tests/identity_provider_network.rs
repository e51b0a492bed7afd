//! `otp-idp` and what is on the way to a provider, and answers that no sound one gives.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use insis_otp::identity::{Message, Start};
use insis_otp_tests::identity_flow::{detail_of, first, machine, outcome, stub_settings, word};
use insis_otp_tests::identity_provider::{CA_FILE, PROGRAM, settings};
use insis_otp_tests::stub_provider::{Page, Reply, Stub, claims, device, done, pending};
use otp_idp::signing::SigningKey;
use serde_json::{Value, json};

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
    for (certificate, fault) in [
        ("another-name", "it is for login.example.org, and not for 127.0.0.1"),
        ("expired", "it has expired, or this host's clock is wrong"),
    ] {
        let stub = Stub::with_certificate(certificate, |_| None);
        let _env = machine(&stub_settings(&stub, "mfa = \"provider\""));
        let (message, _) = first(30);
        assert_eq!(word(&message), "idp-certificate", "{certificate}: {message:?}");
        assert!(detail_of(&message).ends_with(fault), "{message:?}");
        assert!(stub.asked().is_empty());
    }
    // The system's authorities know nothing of the tests'.
    let stub = Stub::start(|_| None);
    let text = stub_settings(&stub, "mfa = \"provider\"").replace(&format!("ca_file = \"{CA_FILE}\"\n"), "");
    let _env = machine(&text);
    let (message, _) = first(30);
    assert_eq!(word(&message), "idp-certificate");
    assert!(
        detail_of(&message).ends_with("it is not from an authority in ca_file or this system"),
        "{message:?}"
    );
    for (contents, expected) in [("", "idp-settings"), ("nonsense", "idp-settings")] {
        let env = machine(&stub_settings(&stub, "mfa = \"provider\""));
        env.write(Path::new(CA_FILE), contents.as_bytes(), 0o644);
        assert_eq!(word(&first(30).0), expected);
    }
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
