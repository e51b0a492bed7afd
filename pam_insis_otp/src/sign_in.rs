//! Signing in at the site's identity provider in place of a code: OAuth 2.0 device authorization grant (RFC 8628).
//!
//! `otp-idp` asks the provider, in a process of its own without rights. It says who has signed in; whether that is the person
//! who logs in is decided here. Everybody is offered the same and waits as long, linked or not, known or not, so that nobody
//! learns who is linked: only who has nothing else is led there without being asked, if the site does not object.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use insis_otp::Source;
use insis_otp::config::{Config, IdentityProvider};
use insis_otp::identity::{FlowRefusal, Identity, Message, Start, Unavailability};
use insis_otp::oath::{Secret, UnixTime};
use insis_otp::service::{Flow, FlowError};
use insis_otp::store::Link;
use nix::fcntl::{Flock, FlockArg};

use crate::dialogue::{self, Reply};
use crate::host::{Host, NoReply, SecretBytes};
use crate::messages::{Messages, fill};
use crate::presence::Presence;

/// Where flows that are going on are noted, and when the provider last did not answer.
const FOLDER: &str = "/run/insis-otp-sign-in";
/// After the provider did not answer, it is not asked again for so long: one slow login a minute.
const PAUSE: Duration = Duration::from_secs(60);
/// How many locks there are for names that nobody has. Two that meet in one wait for each other.
const UNKNOWN: u64 = 256;
/// How many locks an account has, for the places that it is tried from.
const PLACES: u64 = 64;
/// Of one account and from one place, six sign-ins may begin at once, then one in ten seconds.
const SPACING: u64 = 10;
const AT_ONCE: u64 = 6;
/// Changes with each start of the machine, and nobody knows it but who is on it.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// What is typed at the question for the code to sign in instead.
pub fn is_choice(reply: &[u8]) -> bool {
    matches!(reply, b"m" | b"M")
}

/// Somebody has signed in who is linked to the account. There is no other way to one of these than [`Offer::judge`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// For the log: how the second factor was shown, and when.
    pub detail: String,
    _compared: (),
}

/// Why a sign-in does not open the login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSignedIn {
    /// The flow did not end in a proof.
    Refused(FlowRefusal),
    /// Somebody has signed in, but nobody is linked to the account.
    NotLinked,
    /// Somebody else has signed in than who is linked to the account.
    OtherPerson,
    /// The person hung up before the flow was over.
    Abandoned,
    /// Another login of this user from this place waits for a sign-in, or too many have begun.
    Busy,
    /// The provider cannot be asked.
    Unavailable(Unavailability),
}

/// How a sign-in ends.
pub enum SignInResult {
    /// Somebody has signed in, and the proof holds for that identity.
    Proved(Identity, String),
    /// Not, and for the log why.
    Not(NotSignedIn, String),
    /// The person typed a code instead.
    Code(SecretBytes),
    /// The person typed the password again, or sshd put its filler there.
    Other(Reply),
    /// The person hung up.
    NoReply(NoReply),
}

/// The provider, where it is offered.
pub struct Offer {
    provider: IdentityProvider,
    program: PathBuf,
    folder: PathBuf,
}

/// The turn of one user's sign-in from one place, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    _lock: Option<Flock<File>>,
}

/// Whom a sign-in is for, as the person reads it.
pub struct For<'a> {
    /// The name.
    pub user: &'a str,
    /// Where the login comes from, `-` when that is not known.
    pub rhost: &'a str,
}

impl Offer {
    /// The offer in a PAM service, if there is one, to a process with root's rights: others cannot read links.
    pub fn in_service(config: &mut Config, service: &str, is_root: bool) -> Option<Self> {
        let provider = config.identity_provider.take().filter(|provider| provider.is_offered_in(service))?;
        is_root.then(|| Self {
            provider,
            program: config.helper.with_file_name("otp-idp"),
            folder: PathBuf::from(FOLDER),
        })
    }

    /// What people call the provider.
    pub fn name(&self) -> &str {
        &self.provider.name
    }

    /// Whether who is linked and has no device is led to it without being asked.
    pub const fn is_at_once(&self) -> bool {
        self.provider.at_once
    }

    /// Whether the provider did not answer a moment ago, so that nobody is offered it.
    pub fn is_paused(&self) -> bool {
        self.recent_outage().is_some()
    }

    /// Sees that the provider was not found away a moment ago, and that nobody else signs in as this user from this place:
    /// until what is returned is dropped, nobody can. Who has the password elsewhere keeps the owner from nothing, therefore.
    /// `account`: the name of somebody known.
    ///
    /// # Errors
    /// Why nobody can now.
    pub fn begin(
        &self,
        typed: &str,
        account: Option<&str>,
        from: Source,
    ) -> Result<Turn, (NotSignedIn, String)> {
        // Only root makes anything in /run, so that nobody else can have prepared it. Where nothing can be noted, people sign
        // in all the same.
        let _ = std::fs::DirBuilder::new().mode(0o700).create(&self.folder);
        if let Some(why) = self.recent_outage() {
            return Err((
                NotSignedIn::Unavailable(why),
                "a moment ago; not asked again for a minute".to_owned(),
            ));
        }
        let name = match account {
            Some(account) => format!("user-{account}-{}", place(from) % PLACES),
            None => format!("unknown-{}", (number(typed) ^ place(from)) % UNKNOWN),
        };
        let path = self.folder.join(name);
        let Ok(file) = File::options().write(true).create(true).truncate(false).mode(0o600).open(path) else {
            return Ok(Turn { _lock: None });
        };
        let Ok(lock) = Flock::lock(file, FlockArg::LockExclusiveNonblock) else {
            return Err((NotSignedIn::Busy, String::new()));
        };
        if !is_due(&lock, insis_otp::service::system_clock()) {
            return Err((NotSignedIn::Busy, "too many sign-ins in a row from there".to_owned()));
        }
        Ok(Turn { _lock: Some(lock) })
    }

    /// Has the person sign in: shows where and with what code, waits for Enter, then for the provider.
    pub fn sign_in(
        &self,
        _turn: &Turn,
        host: &dyn Host,
        messages: &Messages,
        whom: &For<'_>,
    ) -> SignInResult {
        let start = Start { seconds: self.provider.deadline.0 };
        let mut flow = match Flow::begin(&self.program, start) {
            Ok(flow) => flow,
            Err(error) => return self.unavailable(&error),
        };
        let presence = Presence::of(whom.rhost);
        let is_there = || !presence.has_left();
        match flow.hear_while(&is_there) {
            Ok(Some(Message::Offered { uri, code })) => {
                let question = question(messages, &uri, &code, whom);
                match dialogue::ask(host, &question, true) {
                    // Enter.
                    Err(NoReply::Empty) => self.result(flow.hear_while(&is_there)),
                    Err(NoReply::Conversation) => SignInResult::NoReply(NoReply::Conversation),
                    Ok(Reply::Attempt(code)) => SignInResult::Code(code),
                    Ok(other) => SignInResult::Other(other),
                }
            }
            heard => self.result(heard),
        }
    }

    /// Decides whether who has signed in is who is linked to the account.
    pub fn judge(link: Option<&Link>, identity: &Identity, detail: String) -> Result<SignedIn, NotSignedIn> {
        match link {
            None => Err(NotSignedIn::NotLinked),
            Some(link) if link.identity == *identity => Ok(SignedIn { detail, _compared: () }),
            Some(_) => Err(NotSignedIn::OtherPerson),
        }
    }

    fn result(&self, heard: Result<Option<Message>, FlowError>) -> SignInResult {
        match heard {
            Ok(Some(Message::Proved { identity, detail })) => SignInResult::Proved(identity, detail),
            Ok(Some(Message::Refused(why, detail))) => SignInResult::Not(NotSignedIn::Refused(why), detail),
            Ok(Some(Message::Unavailable(why, detail))) => {
                self.note_outage(why);
                SignInResult::Not(NotSignedIn::Unavailable(why), detail)
            }
            Ok(None) => SignInResult::NoReply(NoReply::Conversation),
            // Never heard twice.
            Ok(Some(Message::Offered { .. })) => self.unavailable(&"otp-idp: offered again"),
            Err(error) => self.unavailable(&error),
        }
    }

    fn unavailable(&self, why: &dyn std::fmt::Display) -> SignInResult {
        self.note_outage(Unavailability::Answer);
        SignInResult::Not(NotSignedIn::Unavailable(Unavailability::Answer), why.to_string())
    }

    fn note_outage(&self, why: Unavailability) {
        let path = self.folder.join("unavailable");
        let _ = std::fs::remove_file(&path);
        let file = File::options().write(true).create_new(true).mode(0o600).open(path);
        let _ = file.and_then(|mut file| file.write_all(why.name().as_bytes()));
    }

    /// Why the provider could not be asked less than the pause ago.
    fn recent_outage(&self) -> Option<Unavailability> {
        let path = self.folder.join("unavailable");
        let why = std::fs::read_to_string(&path).ok().filter(|_| is_recent(&path))?;
        Unavailability::ALL.into_iter().find(|one| one.name() == why)
    }
}

/// Whether a file was made less than the pause ago, by the clock of the file system. A clock that was set back meanwhile does
/// not make that longer.
fn is_recent(path: &Path) -> bool {
    let Ok(made) = path.symlink_metadata().map(|metadata| metadata.mtime()) else { return false };
    let now = i64::try_from(insis_otp::service::system_clock().0).unwrap_or(i64::MAX);
    (0..i64::try_from(PAUSE.as_secs()).unwrap_or(0)).contains(&now.saturating_sub(made))
}

/// Whether one more sign-in may begin, which is noted then. A file's time says until when those take that have begun (generic
/// cell rate algorithm).
fn is_due(file: &File, now: UnixTime) -> bool {
    let Ok(metadata) = file.metadata() else { return true };
    let most = now.0.saturating_add(SPACING * AT_ONCE);
    // A time too far ahead was written before the clock was set back.
    let noted = u64::try_from(metadata.mtime()).ok().filter(|noted| (now.0..=most).contains(noted));
    let next = noted.unwrap_or(now.0).saturating_add(SPACING);
    let next = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(next)).filter(|_| next <= most);
    next.is_some_and(|next| file.set_modified(next).is_ok())
}

/// A number of a place, which nobody can choose so that it is another one's.
fn place(from: Source) -> u64 {
    let boot = std::fs::read(BOOT).unwrap_or_default();
    let key = Secret::from_bytes(boot.get(..Secret::BYTES).unwrap_or(&[0; Secret::BYTES]));
    key.map_or(0, |key| u64::from(from.tag(&key).0))
}

/// A number of a name (FNV-1a), which nobody has to keep from guessing.
fn number(name: &str) -> u64 {
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// Where to sign in and with what code, for which login, and what to do then.
fn question(messages: &Messages, uri: &str, code: &str, whom: &For<'_>) -> String {
    let host = nix::unistd::gethostname().map(|host| host.to_string_lossy().into_owned()).unwrap_or_default();
    let mut login = format!("{}@{}", printable(whom.user), printable(&host));
    if whom.rhost != "-" {
        login += &format!(" ({})", printable(whom.rhost));
    }
    [
        fill(messages.sign_in_address(), uri),
        fill(messages.sign_in_code(), code),
        fill(messages.sign_in_login(), login),
        messages.sign_in_enter().to_owned(),
    ]
    .join("\n")
}

/// As much of a name as a line has space for, without what a terminal would act on.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() { c } else { '?' }).take(64).collect()
}

impl NotSignedIn {
    /// The `reason=` of the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused(why) => why.name(),
            Self::NotLinked => "idp-not-linked",
            Self::OtherPerson => "idp-other-person",
            Self::Abandoned => "idp-abandoned",
            Self::Busy => "idp-busy",
            Self::Unavailable(why) => why.name(),
        }
    }

    /// Whether the provider could not be asked, so that nobody has tried anything.
    pub const fn is_outage(self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable(_))
    }

    /// What the person is told, in front of the next question.
    pub fn note(self, messages: &Messages) -> &'static str {
        match self {
            Self::Refused(FlowRefusal::Expired) => messages.sign_in_expired(),
            Self::Refused(_) | Self::NotLinked | Self::OtherPerson | Self::Abandoned => {
                messages.sign_in_refused()
            }
            Self::Busy => messages.sign_in_busy(),
            Self::Unavailable(_) => messages.sign_in_unavailable(),
        }
    }
}

#[cfg(test)]
pub mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::host::fake::FakeHost;
    use insis_otp::config::Language;
    use insis_otp::oath::UnixTime;
    use insis_otp::store::LinkMaker;

    const HERE: Source = Source::User(0);

    pub const OFFERED: &str = "offered uri=68747470733a2f2f782e6578616d706c652f646576696365 code=41422d4344";

    /// A program that says this, in a folder of the test's own.
    pub fn offer(folder: &Path, script: &str) -> Offer {
        let program = folder.join("otp-idp");
        std::fs::write(&program, format!("#!/bin/sh\nread start\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
        let text = "[identity_provider]\nname = \"Example\"\nissuer = \"https://x.example\"\nclient_id = \"c\"\n\
                    mfa = \"provider\"\ndeadline = \"30s\"\n";
        let provider = Config::parse(text, Path::new("x")).unwrap().identity_provider.unwrap();
        Offer { provider, program, folder: folder.join("run") }
    }

    fn sign_in(offer: &Offer, host: &FakeHost) -> SignInResult {
        let whom = For { user: "anna", rhost: "192.0.2.7" };
        match offer.begin("anna", Some("anna"), HERE) {
            Ok(turn) => offer.sign_in(&turn, host, Messages::of(Language::En), &whom),
            Err((why, detail)) => SignInResult::Not(why, detail),
        }
    }

    pub fn identity(subject: &str) -> Identity {
        Identity::new("https://x.example", "", subject).unwrap()
    }

    pub fn proved(subject: &str) -> String {
        Message::Proved { identity: identity(subject), detail: "amr=mfa".into() }.encode()
    }

    #[test]
    fn whoever_presses_enter_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let offer = offer(folder.path(), &format!("echo {OFFERED}\necho '{}'", proved("s-1").trim_end()));
        let host = FakeHost::typing(&[""]);
        let SignInResult::Proved(who, detail) = sign_in(&offer, &host) else { panic!("{:?}", host.shown()) };
        assert_eq!((who, detail.as_str()), (identity("s-1"), "amr=mfa"));
        let question = host.shown().concat();
        for part in ["https://x.example/device", "AB-CD", "anna@", "(192.0.2.7)", "Enter"] {
            assert!(question.contains(part), "{question}");
        }
    }

    #[test]
    fn a_code_a_filler_and_hanging_up_end_the_flow() {
        let folder = tempfile::tempdir().unwrap();
        let offer = offer(folder.path(), &format!("echo {OFFERED}\nexec sleep 60"));
        let began = std::time::Instant::now();
        assert!(
            matches!(sign_in(&offer, &FakeHost::typing(&["123456"])), SignInResult::Code(code) if *code == *b"123456")
        );
        assert!(matches!(
            sign_in(&offer, &FakeHost::typing(&["\u{8}\n\r"])),
            SignInResult::Other(Reply::Filler(3))
        ));
        assert!(matches!(sign_in(&offer, &FakeHost::typing(&[])), SignInResult::NoReply(_)));
        assert!(began.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn only_who_is_linked_has_signed_in() {
        let link = Link { identity: identity("s-1"), linked_at: UnixTime(0), made_by: LinkMaker::Person };
        let judge = |link, subject| Offer::judge(link, &identity(subject), String::new());
        assert!(judge(Some(&link), "s-1").is_ok());
        assert_eq!(judge(Some(&link), "S-1"), Err(NotSignedIn::OtherPerson));
        assert_eq!(judge(None, "s-1"), Err(NotSignedIn::NotLinked));
        let elsewhere = Identity::new("https://y.example", "", "s-1").unwrap();
        assert_eq!(Offer::judge(Some(&link), &elsewhere, String::new()), Err(NotSignedIn::OtherPerson));
        let tenant = Identity::new("https://x.example", "t", "s-1").unwrap();
        assert_eq!(Offer::judge(Some(&link), &tenant, String::new()), Err(NotSignedIn::OtherPerson));
    }

    #[test]
    fn after_an_outage_nobody_asks_for_a_minute() {
        let folder = tempfile::tempdir().unwrap();
        let count = folder.path().join("count");
        let script = format!("echo x >>{}\necho unavailable reason=idp-network detail=", count.display());
        let offer = offer(folder.path(), &script);
        for _ in 0..2 {
            let end = sign_in(&offer, &FakeHost::typing(&[]));
            assert!(matches!(end, SignInResult::Not(NotSignedIn::Unavailable(Unavailability::Network), _)));
        }
        assert_eq!(std::fs::read_to_string(&count).unwrap(), "x\n");
        let hour_ago = std::time::SystemTime::now() - Duration::from_secs(61);
        let noted = File::options().write(true).open(folder.path().join("run/unavailable")).unwrap();
        noted.set_modified(hour_ago).unwrap();
        let _ = sign_in(&offer, &FakeHost::typing(&[]));
        assert_eq!(std::fs::read_to_string(&count).unwrap(), "x\nx\n");
    }

    #[test]
    fn one_flow_a_user_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let offer = offer(folder.path(), "echo refused reason=idp-denied detail=");
        let turn = offer.begin("ANNA", Some("anna"), HERE).unwrap();
        assert!(matches!(sign_in(&offer, &FakeHost::typing(&[])), SignInResult::Not(NotSignedIn::Busy, _)));
        // Names that others have, or nobody, are theirs.
        assert!(offer.begin("bob", Some("bob"), HERE).is_ok() && offer.begin("anna", None, HERE).is_ok());
        drop(turn);
        let end = sign_in(&offer, &FakeHost::typing(&[]));
        assert!(matches!(end, SignInResult::Not(NotSignedIn::Refused(FlowRefusal::Denied), _)));
    }

    #[test]
    fn who_waits_elsewhere_keeps_the_owner_from_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let offer = offer(folder.path(), "");
        let from = |address: &str| Source::of(address, 0);
        // Two of these can meet by chance.
        let there = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "-"].map(from);
        let turns = there.map(|from| offer.begin("anna", Some("anna"), from));
        assert!(turns.iter().filter(|turn| turn.is_ok()).count() >= 2, "{turns:?}");
        // One subscriber's addresses are one place.
        drop(turns);
        let _turn = offer.begin("anna", Some("anna"), from("2001:db8::1")).unwrap();
        assert!(offer.begin("anna", Some("anna"), from("2001:db8::2")).is_err());
    }

    #[test]
    fn from_one_place_sign_ins_of_an_account_are_spaced() {
        let folder = tempfile::tempdir().unwrap();
        let offer = offer(folder.path(), "");
        let begin = || offer.begin("anna", Some("anna"), HERE).map(drop);
        (0..AT_ONCE).for_each(|_| begin().unwrap());
        let (why, detail) = begin().unwrap_err();
        assert_eq!((why, detail.as_str()), (NotSignedIn::Busy, "too many sign-ins in a row from there"));
        assert!(offer.begin("bob", Some("bob"), HERE).is_ok());
        let file = tempfile::tempfile().unwrap();
        let noted = |at| file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(at)).unwrap();
        for (at, is_allowed) in [(0, true), (1000, true), (1050, true), (1051, false), (1060, false)] {
            noted(at);
            assert_eq!(is_due(&file, UnixTime(1000)), is_allowed, "{at}");
        }
        noted(1061);
        assert!(is_due(&file, UnixTime(1000)), "the clock was set back");
        noted(1051);
        assert!(is_due(&file, UnixTime(1001)), "later");
    }

    #[test]
    fn a_program_that_is_missing_or_talks_nonsense_is_an_outage() {
        let proved = format!("echo '{}'", proved("s-1").trim_end());
        for script in ["echo hello", "exit 1", &proved, &format!("echo {OFFERED}; echo {OFFERED}")] {
            let folder = tempfile::tempdir().unwrap();
            let end = sign_in(&offer(folder.path(), script), &FakeHost::typing(&[""]));
            assert!(matches!(end, SignInResult::Not(NotSignedIn::Unavailable(_), _)), "{script}");
            assert!(folder.path().join("run/unavailable").exists());
        }
    }

    #[test]
    fn names_cannot_write_on_the_persons_terminal() {
        let whom = For { user: "an\u{1b}[2Jna\u{17e}", rhost: "-" };
        let text = question(Messages::of(Language::En), "https://x", "AB", &whom);
        assert!(text.contains("an?[2Jna?@") && !text.contains('\u{1b}') && !text.contains(" (-)"), "{text}");
    }
}
