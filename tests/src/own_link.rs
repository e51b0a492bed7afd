//! People who link their own account by a script in the place of `otp-idp`, which says at once who has signed in.

use std::io::{Read, Write};
use std::process::{Child, Stdio};

use insis_otp::identity::{Identity, Message};
use insis_otp::oath::{Drift, Salt, Seconds};
use insis_otp::record::UserName;
use insis_otp::service::{Offer, Reply, Request, Response, system_clock};
use insis_otp::store::{Account, Link, Links, Template, UserStore};

use crate::env::{Env, HELPER};
use crate::person::{SYSTEM_STORE, recovery_code};

/// The issuer of people who sign in by a script.
pub const ISSUER: &str = "https://x.example";
/// Where the script is: a folder of this test's alone, since others may run at the same time.
#[must_use]
pub fn folder() -> String {
    format!("/srv/link-{}", std::process::id())
}

/// The settings of a site whose `otp-idp` is a script of the test's.
#[must_use]
pub fn settings() -> String {
    format!("helper = \"{}/otp-helper\"\n{}", folder(), provider(ISSUER))
}

/// The settings of a site with this provider.
#[must_use]
pub fn provider(issuer: &str) -> String {
    format!(
        "[identity_provider]\nname = \"Example\"\nissuer = \"{issuer}\"\nclient_id = \"c\"\nmfa = \"provider\"\n\
         deadline = \"30s\"\n"
    )
}

/// Somebody at the provider.
///
/// # Panics
/// It is no identity.
#[must_use]
pub fn identity(subject: &str) -> Identity {
    Identity::new(ISSUER, "", subject).expect("an identity")
}

/// Has `otp-idp` offer something, do this, and say that this person has signed in.
pub fn script(env: &Env, does: &str, subject: &str) {
    let offered = Message::Offered { uri: format!("{ISSUER}/device"), code: "AB-CD".into() }.encode();
    let proved = Message::Proved { identity: identity(subject), detail: "amr=mfa".into() }.encode();
    let text =
        format!("#!/bin/sh\nread start\necho '{}'\n{does}\necho '{}'\n", offered.trim(), proved.trim());
    env.write(format!("{}/otp-idp", folder()).as_ref(), text.as_bytes(), 0o755);
}

/// Somebody of this machine.
///
/// # Panics
/// There is nobody of that name.
#[must_use]
pub fn account(name: &str) -> Account {
    Account::lookup(&UserName::parse(name).expect("a user's name"))
        .expect("no user database")
        .expect("no such user")
}

/// Whom somebody is linked to.
///
/// # Panics
/// The link cannot be used.
#[must_use]
pub fn linked(name: &str) -> Option<Identity> {
    let link = Links::system().load(&account(name)).unwrap_or_else(|error| panic!("{error}"));
    link.map(|Link { identity, .. }| identity)
}

/// Gives somebody an invitation with [`RECOVERY_CODE`](crate::person::RECOVERY_CODE) as its code.
///
/// # Panics
/// It cannot be written.
pub fn invite(name: &str) {
    let file = Template::parse(SYSTEM_STORE).expect("a template").locate(&account(name));
    let expires = system_clock().plus(Seconds(3600));
    UserStore::invitation(&file).issue(&recovery_code(), Salt([3; 16]), expires).expect("cannot invite");
}

/// The request to link with that code.
#[must_use]
pub fn request(code: &str) -> String {
    Request::Link(Reply::new(code.as_bytes())).encode().to_string()
}

/// What the helper answered after its offer, if it offered anything.
///
/// # Panics
/// The offer is none.
#[must_use]
pub fn answer(output: &[u8]) -> Option<Response> {
    let text = std::str::from_utf8(output).ok()?;
    let response = match text.split_once(Offer::END) {
        Some((offer, response)) => {
            Offer::decode(format!("{offer}{}", Offer::END).as_bytes()).expect("an offer");
            response
        }
        None => text,
    };
    Response::decode(response.as_bytes()).ok()
}

/// The answer to what was done.
pub const DONE: Option<Response> = Some(Response::Done(Drift(0)));

/// The helper, which waits for the sign-in.
///
/// # Panics
/// It offers nothing.
#[must_use]
pub fn waits(env: &Env, user: &str, code: &str) -> Child {
    let mut helper = env.as_user(user, HELPER);
    let mut child = helper.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("no helper");
    let mut input = child.stdin.take().expect("standard input is a pipe");
    input.write_all(request(code).as_bytes()).expect("the helper does not listen");
    drop(input);
    let mut byte = [0];
    let mut offer = Vec::new();
    let output = child.stdout.as_mut().expect("standard output is a pipe");
    let mut read = |byte: &mut [u8]| output.read(byte).expect("the helper cannot be heard");
    while !offer.ends_with(Offer::END.as_bytes()) {
        assert_eq!(read(&mut byte), 1, "{offer:?}");
        offer.push(byte[0]);
    }
    child
}
