//! Enrollment within the login (`unenrolled = "enrol"`): after the password, before the shell.
//!
//! authenticate leaves word (see [`Host::leave_enrollment_due`]) and steps aside; account management enrolls, in the conversation. Nothing
//! of it happens in authenticate, so that nobody enrolls whose password was not proved. A stack whose account management
//! ends before this module's line, because the password has to be changed, comes to chauthtok, where it is done too.
//! setcred, the last call before the session, fails as long as an enrollment that was due has not happened.

use std::ffi::CStr;

use insis_otp::Source;
use insis_otp::audit::{Level, Line};
use insis_otp::config::{Config, Language, SelfEnrollment, Unenrolled};
use insis_otp::naming::Names;
use insis_otp::oath::{Code, Drift, OtpGenerator, RecoveryCode, Salt, Seconds, Secret};
use insis_otp::record::{AppEntry, UserName};
use insis_otp::service::{EnrollmentDenial, Error, NewDevice, system_clock};
use insis_otp::store::{InvitationRefusal, Links};
use insis_otp::verify::{EnrollmentRefusal, ParsedReply, locate};
use zeroize::Zeroizing;

use crate::access::{Access, AccessError, ONLY_ROOT};
use crate::contact::Contact;
use crate::dialogue::{self, Reply};
use crate::host::{Flags, Host, NoReply, SecretBytes};
use crate::login;
use crate::messages::{Messages, fill};
use crate::outcome::NotEnrolled;
use crate::qr::{self, Drawing};
use crate::report::Log;
use crate::sign_in::Offer;
use crate::target::{Known, Target, exemption};

/// The columns that the question has for the host's name: 80, less the words beside it.
const HOST_COLUMNS: usize = 40;
/// How often something may be typed before the login ends.
const ROUNDS: u32 = 10;

/// `pam_sm_acct_mgmt`: whoever has to enroll does so here. This grants nothing to anybody, whatever comes of it.
pub fn account(host: &mut dyn Host, args: &[&CStr], flags: Flags) -> Result<(), NotEnrolled> {
    enroll(host, args, flags, "account")
}

/// `pam_sm_chauthtok`: enrolls whoever had to before the password was found to be due, and nobody else. That the
/// password is changed as well is the business of the other modules.
pub fn change(host: &mut dyn Host, args: &[&CStr], flags: Flags) -> Result<(), NotEnrolled> {
    if !flags.changes_expired || flags.only_checks {
        return Ok(());
    }
    enroll(host, args, flags, "chauthtok")
}

/// Enrolls whoever waits for it; says and logs why not.
fn enroll(host: &mut dyn Host, args: &[&CStr], flags: Flags, call: &'static str) -> Result<(), NotEnrolled> {
    let mut log = Log::of(host, call);
    let mut messages = Messages::of(Language::default());
    let enrolled = Waiting::find(host, args, &mut log, &mut messages)
        .and_then(|waiting| waiting.map_or(Ok(()), |waiting| waiting.enroll(host, flags, &log)));
    enrolled.map_err(|EnrollError(line, message)| {
        log.send(line, message.as_deref());
        if message.is_some() {
            dialogue::complain(host, flags, messages.cannot_check());
        }
        NotEnrolled
    })
}

/// `pam_sm_setcred`: there are no credentials to set, and anything but success ends an sshd login that was let in. That is
/// what becomes of one whose enrollment was due and has not happened.
///
/// sshd authenticates in another process, so that nothing that authenticate left is there; but it sets PAM_RHOST. Who
/// comes from nowhere and was not asked for a password, as cron's jobs do, has nothing to enroll for.
pub fn set_credentials(host: &mut dyn Host, args: &[&CStr], flags: Flags) -> Result<(), NotEnrolled> {
    let mut log = Log::of(host, "setcred");
    if flags.deletes_credentials || log.rhost == "-" && host.enrollment_due().is_none() {
        return Ok(());
    }
    match is_due(host, args, &mut log) {
        Ok(false) => Ok(()),
        Ok(true) => {
            let line = Line::new(Level::Warning, "refused").field("reason", "not-enrolled");
            let message = "enrollment was due and has not happened: see ENROLLMENT WITHIN THE LOGIN in pam_insis_otp(8)";
            log.send(line, Some(message));
            Err(NotEnrolled)
        }
        Err(EnrollError(line, message)) => {
            log.send(line, message.as_deref());
            Err(NotEnrolled)
        }
    }
}

/// Whether this person should have enrolled by now: whoever word was left for, whatever the name is now (sudo puts the one there
/// that the command runs as).
fn is_due(host: &mut dyn Host, args: &[&CStr], log: &mut Log) -> Result<bool, EnrollError> {
    let mut config = settings(args, log)?;
    let due = host.enrollment_due().map(str::to_owned);
    let was_left = due.is_some();
    let Some(name) = due.or_else(|| host.user().ok()) else { return Ok(false) };
    log.user.clone_from(&name);
    let enrolls = config.ask
        && config.unenrolled_at(system_clock()) == Unenrolled::Enroll
        && config.self_enrollment != SelfEnrollment::Off;
    if !was_left && !enrolls {
        return Ok(false);
    }
    let target = Target::find(&name, &config).map_err(|_| store("the account cannot be looked up"))?;
    log.account = target.other_name().map(str::to_owned);
    if !was_left && exemption(&config.exempt, &target, &log.rhost).is_some() {
        return Ok(false);
    }
    let Some(known) = &target.known else { return Ok(false) };
    // Who is linked was asked to sign in, and has nothing to enroll for.
    let offer = Offer::in_service(&mut config, &log.service, target.is_looked_up_by_root());
    if !was_left && offer.is_some() {
        let link = Links::system().load(&known.account).map_err(|error| store(&error.to_string()))?;
        if link.is_some() {
            return Ok(false);
        }
    }
    known
        .access
        .is_enrolled(&config.policy)
        .map(|enrolled| !enrolled)
        .map_err(|_| store("it cannot be looked at"))
}

/// A call that ends here: its line, and words for the log.
struct EnrollError(Line, Option<String>);

fn settings(args: &[&CStr], log: &Log) -> Result<Config, EnrollError> {
    login::settings(args, &log.service).map(|(config, _)| config).map_err(|why| {
        EnrollError(Line::new(Level::Error, "error").field("reason", "configuration"), Some(why))
    })
}

/// Somebody who has to enroll.
struct Waiting {
    config: Config,
    messages: &'static Messages,
    user: UserName,
    access: Access,
}

/// What a person answers to the question for the first code.
enum First {
    /// A code of the secret.
    Code(Code),
    /// One of a phone whose clock is so far off.
    Far(Code, Seconds),
    /// That the picture is to be drawn in another way.
    Draw(Drawing),
    /// Something that is no code, or none of this secret.
    Wrong,
}

impl Waiting {
    /// Whether authenticate left word for this user, who has not enrolled since. Where another user has come into the place of
    /// that one since, nothing was proved of them at all.
    fn find(
        host: &mut dyn Host,
        args: &[&CStr],
        log: &mut Log,
        messages: &mut &'static Messages,
    ) -> Result<Option<Self>, EnrollError> {
        // Whoever has nothing to enroll for is not to be stopped by a mistake in the configuration: a job of cron's, say.
        let Some(due) = host.enrollment_due().map(str::to_owned) else { return Ok(None) };
        let config = settings(args, log)?;
        *messages = Messages::of(config.language);
        let name = host.user().map_err(no_reply)?;
        log.user.clone_from(&name);
        let find =
            |name: &str| Target::find(name, &config).map_err(|_| store("the account cannot be looked up"));
        let mut target = find(&name)?;
        target.comes_from(Source::of(&log.rhost, target.real_uid().as_raw()));
        log.account = target.other_name().map(str::to_owned);
        // A module may have put the name there that the user database has.
        if due != name && !target.is_of_same_account(&find(&due)?) {
            return Err(EnrollError(
                Line::new(Level::Warning, "refused").field("reason", "other-user"),
                None,
            ));
        }
        let Some(Known { access: access @ (Access::Direct(_) | Access::Fleet(_)), account, .. }) =
            target.known
        else {
            return Err(store(ONLY_ROOT));
        };
        let enrolled = access.status(&config.policy).map_err(|error| match error {
            AccessError::Unavailable(why) => store(&why),
            AccessError::NotEnrolled => store("it cannot be looked at"),
        })?;
        let messages = *messages;
        Ok(enrolled.is_none().then_some(Self { messages, config, user: account.name, access }))
    }

    /// Enrolls, tells the person so, and logs it.
    fn enroll(&self, host: &dyn Host, flags: Flags, log: &Log) -> Result<(), EnrollError> {
        let entry = self.entry()?;
        let invitation = match self.config.self_enrollment {
            SelfEnrollment::Invitation => Some(self.invitation(host)?),
            SelfEnrollment::Password | SelfEnrollment::Open => None,
            SelfEnrollment::Off => return Err(refused("self-enrollment-off")),
        };
        let drift = self.prove(host, &entry, invitation.as_ref(), log)?;
        let by = if invitation.is_some() { "invitation" } else { "password" };
        log.send(Line::new(Level::Warning, "paired").field("by", by).field("drift", drift.0), None);
        dialogue::tell(host, flags, self.messages.enrolled());
        Ok(())
    }

    /// Asks for the code of an invitation until it is right; each wrong one is charged.
    fn invitation(&self, host: &dyn Host) -> Result<RecoveryCode, EnrollError> {
        let not_invited = Contact::of(self.config.contact.clone())
            .below(self.messages.enroll_not_invited().to_owned(), self.messages);
        let not_invited = format!("{}\n", not_invited.trim_end());
        let mut message = "";
        for _ in 0..ROUNDS {
            let reply = self.ask(host, &format!("\n{message}{}", self.messages.enroll_invitation()))?;
            let code = reply.as_ref().map(|reply| ParsedReply::parse(reply));
            let Some(ParsedReply::Recovery(code)) = code else {
                message = &not_invited;
                continue;
            };
            match self.access.check_invitation(&code, &self.config.policy) {
                Ok(()) => return Ok(code),
                Err(Error::Invitation(InvitationRefusal::Wrong { left: 1.. })) => {
                    message = &not_invited;
                }
                Err(failure) => return Err(failed(failure)),
            }
        }
        Err(refused("wrong-invitation"))
    }

    /// Shows the secret and asks for codes until two follow each other.
    fn prove(
        &self,
        host: &dyn Host,
        entry: &AppEntry,
        invitation: Option<&RecoveryCode>,
        log: &Log,
    ) -> Result<Drift, EnrollError> {
        let mut drawing = self.choose(host, entry)?;
        let mut message = self.introduction(entry, drawing);
        let mut is_warned = false;
        for _ in 0..ROUNDS {
            let first = match self.first(host, &message, &entry.key, drawing)? {
                First::Code(code) => code,
                // Told once. Whose clock cannot be set goes on: nobody is to be locked out for it.
                First::Far(_, length) if !is_warned => {
                    is_warned = true;
                    message = fill(self.messages.enroll_clock(), length) + "\n";
                    continue;
                }
                First::Far(code, _) => code,
                First::Draw(other) => {
                    drawing = Some(other);
                    message = self.introduction(entry, drawing);
                    continue;
                }
                First::Wrong => {
                    message = format!("{}\n", self.messages.enroll_wrong());
                    continue;
                }
            };
            match self.second(host, entry, &first, invitation)? {
                Ok(drift) => return Ok(drift),
                Err(Error::Codes(why)) => {
                    log.debug(|| Log::step("pairing").field("refused", format!("{why:?}")));
                    message = format!("{}\n", self.messages.codes_refused(why));
                }
                Err(failure) => return Err(failed(failure)),
            }
        }
        Err(refused("codes-do-not-pair"))
    }

    /// Asks for the code that follows the first one, once more where it is the first one again, and enrolls.
    fn second(
        &self,
        host: &dyn Host,
        entry: &AppEntry,
        first: &Code,
        invitation: Option<&RecoveryCode>,
    ) -> Result<Result<Drift, Error>, EnrollError> {
        let mut question = self.messages.enroll_next().to_owned();
        for _ in 0..ROUNDS {
            let reply = self.ask(host, &question)?;
            let code = reply.and_then(|reply| ParsedReply::parse(&reply).single(entry.key.digits()).ok());
            let Some(code) = code else { return Ok(Err(Error::Codes(EnrollmentRefusal::SecondWrong))) };
            match self.write(entry, (first.clone(), code), invitation) {
                Err(Error::Codes(EnrollmentRefusal::Same)) => {
                    question = format!("{}\n{}", self.messages.enroll_same(), self.messages.enroll_next());
                }
                enrolled => return Ok(enrolled),
            }
        }
        Ok(Err(Error::Codes(EnrollmentRefusal::Same)))
    }

    fn write(
        &self,
        entry: &AppEntry,
        (first, second): (Code, Code),
        invitation: Option<&RecoveryCode>,
    ) -> Result<Drift, Error> {
        let new = NewDevice { entry: entry.clone(), first, second, recovery: (Vec::new(), Salt::default()) };
        self.access.enroll(&new, invitation, &self.config.policy)
    }

    /// The names under which it stands in the app, in full.
    fn names(&self) -> Names {
        let host = nix::unistd::gethostname().map(|host| host.to_string_lossy().into_owned());
        let user = self.user.to_string();
        Names { user, host: host.unwrap_or_default(), issuer: self.config.issuer.clone() }
    }

    /// A new secret, and as much of the names as leaves a picture that 24 rows can show.
    fn entry(&self) -> Result<AppEntry, EnrollError> {
        let secret = Secret::generate(random).map_err(|error| store(&format!("no random bytes: {error}")))?;
        Ok(self.names().entry(&OtpGenerator::new(secret, self.config.new_keys), qr::fits))
    }

    /// Says what is going to happen, and asks how the picture shall be drawn: whether a terminal shows more than ASCII
    /// nobody can find out over ssh. `None` is no picture.
    fn choose(&self, host: &dyn Host, entry: &AppEntry) -> Result<Option<Drawing>, EnrollError> {
        let names = self.names();
        let why = fill(self.messages.enroll_intro(), on_one_line(&names.host));
        let name = if names.are_shortened_in(entry) {
            self.messages.enroll_short_name()
        } else {
            self.messages.enroll_name()
        };
        let name = fill(name, format!("{}: {}", entry.issuer, entry.account));
        let question = format!("\n{why}\n{name}\n{}", self.messages.enroll_picture());
        let blocks = Drawing { dark_letters: false, ascii: false };
        match dialogue::ask(host, &question, true) {
            Err(NoReply::Empty) => Ok(Some(blocks)),
            Err(why) => Err(no_reply(why)),
            Ok(Reply::Attempt(reply)) => Ok(match reply.trim_ascii() {
                b"a" | b"A" => Some(Drawing { ascii: true, ..blocks }),
                b"i" | b"I" => Some(Drawing { dark_letters: true, ..blocks }),
                b"t" | b"T" => None,
                _ => Some(blocks),
            }),
            Ok(Reply::Filler(_) | Reply::Password) => Ok(Some(blocks)),
        }
    }

    /// What is to be done, the QR code, and the secret to type in. All of it stands in front of the first question: sshd
    /// shows a message at the next one anyway, and other programs must not let it scroll away. Without a blank line:
    /// with the question these are 24 rows.
    fn introduction(&self, entry: &AppEntry, drawing: Option<Drawing>) -> String {
        let secret = fill(self.messages.enroll_secret(), entry.key.secret().grouped().as_str());
        let picture = drawing.and_then(|drawing| qr::draw(&entry.short_uri(), drawing));
        match picture {
            Some(picture) => format!("\n{}\n{}{secret}\n", self.messages.enroll_scan(), *picture),
            None => format!("\n{secret}\n"),
        }
    }

    /// Asks for the first code, and looks at it at once: a mistake is told before the next one is waited for.
    fn first(
        &self,
        host: &dyn Host,
        message: &str,
        key: &OtpGenerator,
        drawn: Option<Drawing>,
    ) -> Result<First, EnrollError> {
        let Some(reply) = self.ask(host, &format!("{message}{}", self.messages.enroll_first()))? else {
            return Ok(First::Wrong);
        };
        let present = drawn.unwrap_or(Drawing { dark_letters: false, ascii: false });
        match reply.trim_ascii() {
            b"i" | b"I" => {
                let dark_letters = drawn.is_some() && !present.dark_letters;
                return Ok(First::Draw(Drawing { dark_letters, ..present }));
            }
            b"a" | b"A" => return Ok(First::Draw(Drawing { ascii: !present.ascii, ..present })),
            _ => {}
        }
        let now = system_clock();
        let Ok(code) = ParsedReply::parse(&reply).single(key.digits()) else { return Ok(First::Wrong) };
        let Some(step) = locate(&code, key, now) else { return Ok(First::Wrong) };
        let (period, drift) = (key.period(), Drift(step.offset_from(now.step(key.period()))));
        let length = Seconds(drift.seconds(period).unsigned_abs());
        Ok(if drift.is_far(period) { First::Far(code, length) } else { First::Code(code) })
    }

    /// Asks. `None` is a reply that sshd or a client put there, which cannot be right.
    fn ask(&self, host: &dyn Host, question: &str) -> Result<Option<SecretBytes>, EnrollError> {
        match dialogue::ask(host, question, true) {
            Ok(Reply::Attempt(reply)) => Ok(Some(reply)),
            Ok(Reply::Filler(_) | Reply::Password) => Ok(None),
            Err(why) => Err(no_reply(why)),
        }
    }
}

/// A host's name, or the beginning of it where its line has no room for all of it.
fn on_one_line(host: &str) -> String {
    let fits = host.chars().count() <= HOST_COLUMNS;
    let short = if fits { host } else { host.split('.').next().unwrap_or_default() };
    short.chars().take(HOST_COLUMNS).collect()
}

fn no_reply(why: NoReply) -> EnrollError {
    refused(match why {
        NoReply::Conversation => "no-conversation",
        NoReply::Empty => "no-reply",
    })
}

fn refused(reason: &'static str) -> EnrollError {
    EnrollError(Line::new(Level::Notice, "refused").field("reason", reason), None)
}

/// What is logged of an enrollment that failed.
fn failed(failure: Error) -> EnrollError {
    match failure {
        Error::Invitation(refusal) => {
            let denial = EnrollmentDenial::Invitation(refusal);
            EnrollError(Line::new(Level::Warning, "refused").field("reason", denial.name()), None)
        }
        failure => store(&failure.to_string()),
    }
}

fn store(why: &str) -> EnrollError {
    EnrollError(Line::new(Level::Error, "error").field("reason", "store"), Some(why.to_owned()))
}

/// Random bytes of the kernel's.
fn random(bytes: &mut [u8]) -> std::io::Result<()> {
    use std::io::Read;
    let mut read = Zeroizing::new(vec![0; bytes.len()]);
    std::fs::File::open("/dev/urandom")?.read_exact(&mut read)?;
    bytes.copy_from_slice(&read);
    Ok(())
}
