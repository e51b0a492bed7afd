//! Pairing within the login (`unenrolled = "enrol"`): after the password, before the shell.
//!
//! authenticate leaves word (see [`MustPair`]) and steps aside; account management answers that a new token is required;
//! the application then calls chauthtok, where the pairing is done in the conversation. Nothing of it happens in
//! authenticate, so that nobody pairs whose password was not proved.

use std::ffi::CStr;

use insis_otp::config::{Config, Language};
use insis_otp::log::{Level, Line};
use insis_otp::operations::{self, Failure, NewPairing, system_clock};
use insis_otp::otp::{Code, Digits, Key, PairingRefusal, Salt, Secret, Typed};
use insis_otp::otpauth::Entry;
use insis_otp::store::SecretFile;
use pam::constants::{PAM_CHANGE_EXPIRED_AUTHTOK, PAM_SILENT, PamFlag, PamResultCode};
use pam::module::PamHandle;
use pam::secret::SecretBytes;
use zeroize::Zeroizing;

use crate::access::Access;
use crate::arguments;
use crate::dialogue::{self, Reply};
use crate::ffi::MustPair;
use crate::outcome::NoReply;
use crate::qr::{self, Letters};
use crate::report::Log;
use crate::target::{Target, user_name};
use crate::texts::{Texts, fill};

/// The first of the two calls of chauthtok, in which modules only look whether they could.
const PAM_PRELIM_CHECK: PamFlag = 0x4000;
/// How often the two codes may be tried.
const ROUNDS: u32 = 5;

/// `pam_sm_acct_mgmt`: whoever has to pair a phone does so first.
pub fn account(pamh: &mut PamHandle, args: &[&CStr], flags: PamFlag) -> PamResultCode {
    let mut log = Log::of(pamh, "account");
    match Waiting::find(pamh, args, &mut log) {
        Ok(Some(_)) => PamResultCode::PAM_NEW_AUTHTOK_REQD,
        Ok(None) => PamResultCode::PAM_IGNORE,
        Err(End(code, line, words)) => fail(pamh, flags, &log, (code, line, words)),
    }
}

/// `pam_sm_chauthtok`: pairs the phone of somebody who was sent here by account management, and nobody else's.
pub fn change(pamh: &mut PamHandle, args: &[&CStr], flags: PamFlag) -> PamResultCode {
    if flags & PAM_CHANGE_EXPIRED_AUTHTOK == 0 {
        return PamResultCode::PAM_IGNORE;
    }
    let mut log = Log::of(pamh, "chauthtok");
    let waiting = match Waiting::find(pamh, args, &mut log) {
        Ok(Some(waiting)) => waiting,
        Ok(None) => return PamResultCode::PAM_IGNORE,
        Err(End(code, line, words)) => return fail(pamh, flags, &log, (code, line, words)),
    };
    if flags & PAM_PRELIM_CHECK != 0 {
        return PamResultCode::PAM_SUCCESS;
    }
    match waiting.pair(pamh, flags, &log) {
        Ok(line) => {
            log.send(line, None);
            dialogue::tell(pamh, flags, waiting.texts.paired);
            PamResultCode::PAM_SUCCESS
        }
        Err(End(code, line, words)) => fail(pamh, flags, &log, (code, line, words)),
    }
}

/// A call that ends here: its code, its line, and words for the log.
struct End(PamResultCode, Line, Option<String>);

fn fail(
    pamh: &PamHandle,
    flags: PamFlag,
    log: &Log,
    (code, line, words): (PamResultCode, Line, Option<String>),
) -> PamResultCode {
    log.send(line, words.as_deref());
    if words.is_some() {
        dialogue::complain(pamh, flags, Texts::of(Language::default()).cannot_check);
    }
    code
}

/// Somebody who has to pair a phone.
struct Waiting {
    config: Config,
    texts: &'static Texts,
    file: SecretFile,
}

/// What a person answers to the QR code.
enum Reaction {
    /// Two codes.
    Codes(Code, Code),
    /// That the picture is to be drawn for letters of the other kind.
    Invert,
    /// Something that is no code.
    Other(PairingRefusal),
}

impl Waiting {
    /// Whether authenticate left word for this user, who has not paired since.
    fn find(pamh: &mut PamHandle, args: &[&CStr], log: &mut Log) -> Result<Option<Self>, End> {
        let (config, _) = arguments::settings(args, &log.service).map_err(|why| {
            let line = Line::new(Level::Error, "error").field("reason", "configuration");
            End(PamResultCode::PAM_SERVICE_ERR, line, Some(why))
        })?;
        let Ok(name) = user_name(pamh) else { return Ok(None) };
        log.user.clone_from(&name);
        if !MustPair::is_left_for(pamh, &name) {
            return Ok(None);
        }
        let target = Target::find(&name, &config).map_err(|_| store("the account cannot be looked up"))?;
        match target.known.map(|known| known.access) {
            Some(Access::Direct(file)) => {
                let status = operations::status(&file, &config.policy, &system_clock);
                let paired = status.map_err(|error| store(&error.to_string()))?.is_some();
                Ok((!paired).then_some(Self { texts: Texts::of(config.language), config, file }))
            }
            _ => Err(store("pairing within the login takes an application with root's rights")),
        }
    }

    fn pair(&self, pamh: &PamHandle, flags: PamFlag, log: &Log) -> Result<Line, End> {
        if flags & PAM_SILENT != 0 {
            return Err(no_reply(NoReply::Conversation));
        }
        let entry = self.entry()?;
        let mut letters = Letters::Light;
        let mut said = self.introduction(&entry, letters);
        for _ in 0..ROUNDS {
            let (first, second) = match self.ask(pamh, &said, entry.key.digits())? {
                Reaction::Codes(first, second) => (first, second),
                Reaction::Invert => {
                    letters = if letters == Letters::Light { Letters::Dark } else { Letters::Light };
                    said = self.introduction(&entry, letters);
                    continue;
                }
                Reaction::Other(why) => {
                    said = format!("{}\n", self.texts.not_pairing(why));
                    continue;
                }
            };
            let new = NewPairing {
                key: entry.key.clone(),
                issuer: entry.issuer.clone(),
                account: entry.account.clone(),
                first,
                second,
                recovery: (Vec::new(), Salt::default()),
            };
            match operations::enrol(&self.file, &new, &system_clock) {
                Ok(drift) => return Ok(Line::new(Level::Info, "paired").field("drift", drift.0)),
                Err(Failure::Pair(why)) => {
                    log.debug(|| Log::step("pairing").field("refused", format!("{why:?}")));
                    said = format!("{}\n", self.texts.not_pairing(why));
                }
                Err(error) => return Err(store(&error.to_string())),
            }
        }
        let line = Line::new(Level::Notice, "refused").field("reason", "codes-do-not-pair");
        Err(End(PamResultCode::PAM_AUTHTOK_ERR, line, None))
    }

    /// A new secret, and the names under which it stands in the app.
    fn entry(&self) -> Result<Entry, End> {
        let secret = Secret::generate(random).map_err(|error| store(&format!("no random bytes: {error}")))?;
        let keys = self.config.new_keys;
        let host = nix::unistd::gethostname().map(|host| host.to_string_lossy().into_owned());
        let host = clean(&host.unwrap_or_default());
        let issuer = self.config.issuer.clone().unwrap_or_else(|| host.clone());
        let account = format!("{}@{host}", clean(self.file.account().name.as_str()));
        Ok(Entry { key: Key::new(secret, keys.algorithm, keys.digits, keys.period), issuer, account })
    }

    /// What is to be done, the QR code, and the secret to type in. All of it stands in front of the first question: sshd
    /// shows a message at the next one anyway, and other programs must not let it scroll away.
    fn introduction(&self, entry: &Entry, letters: Letters) -> String {
        let uri = entry.short_uri();
        let secret = fill(self.texts.pairing_secret, entry.key.secret().grouped().as_str());
        let above = fill(self.texts.pairing, &entry.issuer);
        let drawn = qr::draw(&uri, letters).unwrap_or_default();
        format!("\n{above}\n\n{}{secret}\n", *drawn)
    }

    /// Asks for two codes. What is no code is said in the next round.
    fn ask(&self, pamh: &PamHandle, said: &str, digits: Digits) -> Result<Reaction, End> {
        let reply = |question: &str| match dialogue::ask(pamh, question, true) {
            Ok(Reply::Attempt(reply)) => Ok(Some(reply)),
            Ok(Reply::Filler(_) | Reply::Password) => Ok(None),
            Err(why) => Err(no_reply(why)),
        };
        let code = |reply: &SecretBytes| Typed::parse(reply.as_bytes()).single(digits).ok();
        let first = reply(&format!("{said}{}", self.texts.pairing_first))?;
        if first.as_ref().is_some_and(|reply| reply.as_bytes().eq_ignore_ascii_case(b"i")) {
            return Ok(Reaction::Invert);
        }
        let Some(first) = first.as_ref().and_then(code) else {
            return Ok(Reaction::Other(PairingRefusal::FirstWrong));
        };
        let second = reply(self.texts.pairing_next)?;
        let second = second.as_ref().and_then(code);
        Ok(second
            .map_or(Reaction::Other(PairingRefusal::SecondWrong), |second| Reaction::Codes(first, second)))
    }
}

fn no_reply(why: NoReply) -> End {
    let reason = match why {
        NoReply::Conversation => "no-conversation",
        NoReply::Empty => "no-reply",
    };
    End(PamResultCode::PAM_AUTHTOK_ERR, Line::new(Level::Notice, "refused").field("reason", reason), None)
}

fn store(why: &str) -> End {
    let line = Line::new(Level::Error, "error").field("reason", "store");
    End(PamResultCode::PAM_AUTHTOK_ERR, line, Some(why.to_owned()))
}

/// A name for the label in the app: a colon would end it in some of them.
fn clean(name: &str) -> String {
    name.chars().map(|c| if c == ':' || c.is_control() { '_' } else { c }).take(64).collect()
}

/// Random bytes of the kernel's.
fn random(bytes: &mut [u8]) -> std::io::Result<()> {
    use std::io::Read;
    let mut read = Zeroizing::new(vec![0; bytes.len()]);
    std::fs::File::open("/dev/urandom")?.read_exact(&mut read)?;
    bytes.copy_from_slice(&read);
    Ok(())
}
