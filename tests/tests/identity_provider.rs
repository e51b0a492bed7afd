//! `otp-idp` and a real OpenID provider: npm's oidc-provider over TLS, with a person who signs in there.

use std::path::Path;

use insis_otp::identity::{Flow, Message, Start};
use insis_otp_tests::env::Env;
use insis_otp_tests::identity_provider::{CA_FILE, Decision, PROGRAM, Provider, authority};

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
