//! Everything that reads what others wrote, as functions of bytes. They panic when something is wrong: not only when
//! the code that is tried panics, but also when it says what cannot be.
//!
//! libFuzzer calls them with what it makes up (fuzz/), `make test` with the corpora.

mod directory;
mod identity_provider;
pub mod page;

use std::ffi::CString;
use std::path::Path;
use std::sync::OnceLock;

pub use directory::{ber, ldap_message};
pub use identity_provider::{id_token, provider_answer};
use insis_otp::config::Config;
use insis_otp::import;
use insis_otp::oath::{Digits, OtpGenerator, Parameters, RecoveryCodes, Secret, Step, UnixTime};
use insis_otp::record::AppEntry;
use insis_otp::record::UserName;
use insis_otp::service::{Offer, Request, Response};
use insis_otp::store::{Account, Decision, SecretFile, Template, UserStore, Write};
use insis_otp::verify::{Attempt, ParsedReply, Policy, State, Verdict, verify};

const STEP: u64 = 56_666_667;
const NOW: UnixTime = UnixTime(STEP * 30 + 7);

/// A home with a secret file in it. In memory, where there is such a place.
struct Home {
    _folder: tempfile::TempDir,
    file: SecretFile,
}

fn home() -> &'static Home {
    static HOME: OnceLock<Home> = OnceLock::new();
    HOME.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = tempfile::tempdir_in(parent).expect("no folder");
        let account = Account {
            name: UserName::parse("anna").expect("a name"),
            uid: nix::unistd::geteuid(),
            gid: nix::unistd::getegid(),
            home: folder.path().to_owned(),
        };
        let file = Template::parse("%h/file").expect("a template").locate(&account);
        Home { _folder: folder, file }
    })
}

/// A secret file: as it is, or, where it can be taken apart into head and states by 0xff, with checksums that fit.
pub fn secret_file(data: &[u8]) {
    let file = &home().file;
    let content = forged(data).unwrap_or_else(|| data.to_vec());
    write(file.path(), &content);
    let Ok(record) = file.read() else {
        assert!(file.transact(|_, _| -> Decision<()> { panic!("decided on what cannot be read") }).is_err());
        return;
    };
    assert_eq!(content.len(), 4096);
    assert_eq!(record.enrollment.user.as_str(), "anna");
    // What was read can be written, and read again.
    let next = State { failures: record.state.failures.wrapping_add(1), ..record.state.clone() };
    let write = |_: &_, _: &_| Decision { state: next.clone(), write: Write::InPlace, answer: () };
    file.transact(write).expect("a state that was read can be written");
    assert_eq!(std::fs::metadata(file.path()).expect("no file").len(), 4096);
    let again = file.read().expect("what was written can be read").state;
    // A sequence number at its end is a forger's own affair; nobody counts so far.
    let counted = content.windows(29).all(|text| text != b"sequence=18446744073709551615");
    assert!(!counted || again.failures == next.failures, "the state went back");
}

fn forged(data: &[u8]) -> Option<Vec<u8>> {
    let mut parts = data.split(|byte| *byte == 0xff);
    let head = parts.next()?.to_vec();
    let mut state = || String::from_utf8(parts.next()?.to_vec()).ok();
    let states = [state()?, state()?];
    let fits = head.len() <= 1984 && states.iter().all(|state| state.len() < 480);
    fits.then(|| page::Page { head, states }.bytes())
}

fn write(path: &Path, content: &[u8]) {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut file =
        options.write(true).create(true).truncate(true).mode(0o600).open(path).expect("cannot write");
    std::io::Write::write_all(&mut file, content).expect("cannot write");
}

/// The site's configuration.
pub fn configuration(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Config::parse(text, Path::new("/x.toml")) {
        Ok(config) => {
            let _ = config.for_service("sshd");
        }
        Err(error) => {
            let message = error.to_string();
            let line = message.strip_prefix("/x.toml:").and_then(|rest| rest.split_once(':'));
            let line: usize =
                line.expect("a complaint names its line").0.parse().expect("a line is a number");
            assert!(line >= 1 && line <= text.matches('\n').count() + 1, "{message}");
        }
    }
}

/// The module's arguments, one a line. Those that name a file are left to other tests.
pub fn arguments(data: &[u8]) {
    let lines = data.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"config"));
    let words: Vec<_> = lines.filter_map(|line| CString::new(line).ok()).collect();
    let with_file: Vec<_> = words.iter().map(CString::as_c_str).collect();
    if let Err(message) = insis_otp::config::arguments::settings(&with_file, "sshd") {
        assert!(!message.is_empty());
    }
}

/// A reply at the prompt.
pub fn reply(data: &[u8]) {
    let secret = Secret::from_bytes(b"12345678901234567890").expect("a secret");
    let key = OtpGenerator::new(secret, Parameters::default());
    let (none, state, policy) = (RecoveryCodes::default(), State::default(), Policy::default());
    let typed = ParsedReply::parse(data);
    let (verdict, next) = verify(&Attempt::of(&typed), &key, &none, &state, &policy, NOW);
    // What a terminal puts around pasted text has digits of its own.
    let text = String::from_utf8_lossy(data).replace("\u{1b}[200~", "").replace("\u{1b}[201~", "");
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let code = |step| key.code(Step(step)).reveal(Digits::Six).to_string();
    let single = (STEP - 1..=STEP + 1).any(|step| digits == code(step));
    let pair = (STEP - 10..=STEP + 10).any(|step| digits == code(step) + &code(step + 1));
    match verdict {
        Verdict::Accepted(_) => assert!(single || pair, "opened by {data:?}"),
        Verdict::Refused(_) => assert_eq!(next.failures, 1),
    }
}

/// A request to the helper.
pub fn request(data: &[u8]) {
    if let Ok(request) = Request::decode(data) {
        let text = request.encode();
        let again = Request::decode(text.as_bytes()).expect("what was encoded can be decoded");
        assert_eq!(again.encode(), text);
    }
}

/// An answer of the helper's, or what comes before one.
pub fn answer(data: &[u8]) {
    if let Ok(offer) = Offer::decode(data) {
        assert!(Response::decode(data).is_err(), "an offer is no answer");
        assert_eq!(Offer::decode(offer.encode().as_bytes()), Ok(offer));
    }
    if let Ok(answer) = Response::decode(data) {
        let again = Response::decode(answer.encode().as_bytes()).expect("what was encoded can be decoded");
        assert_eq!(again.encode(), answer.encode());
    }
}

/// An otpauth URI.
pub fn otpauth_uri(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(entry) = AppEntry::parse(text) {
        let again = AppEntry::parse(&entry.uri()).expect("what was written can be read");
        assert_eq!(again.key.secret(), entry.key.secret());
        assert_eq!(again.key.digits(), entry.key.digits());
    }
}

/// A file of google-authenticator's.
pub fn google_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = import::google(text, NOW);
}

/// An export of Google Authenticator's.
pub fn migration(data: &[u8]) {
    let text = format!("otpauth-migration://offline?data={}", data_encoding::BASE64.encode(data));
    for uri in [String::from_utf8_lossy(data).into_owned(), text] {
        if let Ok(found) = import::migration(&uri) {
            assert!(found.len() <= data.len());
        }
    }
}

/// A file of pam_oath's.
pub fn oath_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = import::oath(text, NOW);
}

/// An export of any authenticator app or password manager.
pub fn app_export(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(found) = import::exports(text) {
        for names in found.into_iter().filter_map(|found| found.names) {
            assert!(names.0.len() + names.1.len() <= 3 * data.len());
        }
    }
}

/// A function of bytes.
pub type Target = fn(&[u8]);

/// Every target, by its name.
pub const TARGETS: [(&str, Target); 15] = [
    ("secret_file", secret_file),
    ("configuration", configuration),
    ("arguments", arguments),
    ("reply", reply),
    ("request", request),
    ("answer", answer),
    ("otpauth_uri", otpauth_uri),
    ("google_file", google_file),
    ("migration", migration),
    ("oath_file", oath_file),
    ("app_export", app_export),
    ("id_token", id_token),
    ("provider_answer", provider_answer),
    ("ber", ber),
    ("ldap_message", ldap_message),
];
