//! One authentication: settings, user, policy, questions, end.

mod by_provider;
mod policy;

use std::cell::Cell;
use std::ffi::CStr;
use std::time::{Duration, Instant};

use insis_otp::config::Config;
use insis_otp::config::arguments::{self, FirstPass, Stacking};
use insis_otp::oath::UnixTime;
use insis_otp::pam_service::shows_messages;
use insis_otp::service::{self, LoginAttempt, system_clock};
use insis_otp::store::Links;
use insis_otp::verify::{BypassNews, Refusal, Verdict};
use insis_otp::{RememberedClient, Source};
use zeroize::Zeroizing;

use crate::access::{self, AccessError};
use crate::contact::{self, Contact};
use crate::dialogue::{self, Reply};
use crate::ffi::{self, DefaultScheduling};
use crate::host::{Flags, Host, SecretBytes};
use crate::messages::{Messages, OwnerNews, fill};
use crate::outcome::{Denial, Outcome, Passed};
use crate::reminder;
use crate::report::Log;
use crate::sign_in::{Offer, is_choice};
use crate::target::{Known, Target};

/// `pam_sm_authenticate`: runs the login, logs how it ended, tells the person what there is to tell.
pub fn authenticate(host: &mut dyn Host, args: &[&CStr], flags: Flags) -> Outcome {
    let began = Instant::now();
    let mut log = Log::of(host, "auth");
    let mut messages = Messages::of(insis_otp::config::Language::default());
    let mut seen = Seen::default();
    // What an authentication before this one has left, of somebody else perhaps, is not this one's.
    if host.enrollment_due().is_some() {
        host.leave_enrollment_due("");
    }
    let outcome = match Login::prepare(host, args, flags, &mut log, &mut messages, &mut seen) {
        Ok(login) => {
            login.pad_to_interval(began, Login::BEFORE_QUESTION);
            login.run(host, &log, &mut seen)
        }
        Err(outcome) => outcome,
    };
    log.send(outcome.line(), outcome.message(&log.service));
    match &outcome {
        Outcome::Accepted(accepted) => {
            // Those of this login are not news.
            let failures = accepted.failures.saturating_sub(seen.refused + seen.given_up.get());
            if let Some(text) = messages.accepted(Some(&accepted.by), failures, seen.news()) {
                dialogue::tell(host, flags, &text);
            }
        }
        Outcome::SignedIn(_, since) => {
            let failures = since.failures.saturating_sub(seen.refused);
            let news =
                OwnerNews { new_device: since.news.new_device, bypass: since.news.bypass, ..seen.news() };
            if let Some(text) = messages.accepted(None, failures, news) {
                dialogue::tell(host, flags, &text);
            }
        }
        Outcome::Passed(Passed::NotEnrolled { required_from: Some(day) }) => {
            // Nobody is reminded by what is not shown.
            if !flags.silent && reminder::is_due(&log, system_clock()) {
                dialogue::tell(host, flags, &messages.reminder(*day));
            }
        }
        failed => contact::say_at_end(host, flags, (&log.service, failed), messages, &mut seen.contact),
    }
    outcome
}

/// A login whose settings and user are known.
struct Login {
    config: Config,
    stacking: Stacking,
    messages: &'static Messages,
    target: Target,
    /// Why no code is needed, where the password has to be asked for all the same.
    passed: Option<Passed>,
    /// The client that is remembered when a code is accepted.
    client: Option<RememberedClient>,
    /// Where the attempts come from.
    source: Source,
    /// Whether the person can be told of failures: until then they are kept.
    tells_failures: bool,
    /// Whether the person is somewhere else, where the names of this machine are not known.
    remote: bool,
    /// Whether the site has an identity provider, in this service or another.
    has_provider: bool,
    /// The identity provider, where it is offered.
    offer: Option<Offer>,
    /// Whether the person has nothing to type, and is led to the provider without being asked.
    at_once: bool,
    /// Who is linked to whom.
    links: Links,
}

/// What a login has come to know besides its outcome.
#[derive(Default)]
struct Seen {
    /// Attempts of this login that were counted as failures.
    refused: u32,
    /// Guesses of this login that the end of the password was charged with: an accepted code shows that they were none.
    first_pass_guesses: u32,
    /// Sign-ins of this login that were charged, and given up for a code that turned out to be right.
    given_up: Cell<u32>,
    /// When the device was enrolled, if that was after the last login.
    new_device: Cell<Option<UnixTime>>,
    /// When the account was linked to the identity provider, if that was.
    new_link: Cell<Option<UnixTime>>,
    /// What the owner has not been told of bypass codes.
    bypass: Cell<Option<BypassNews>>,
    /// Whom to ask for help.
    contact: Contact,
}

impl Seen {
    fn news(&self) -> OwnerNews {
        let (new_device, new_link, bypass) = (self.new_device.get(), self.new_link.get(), self.bypass.get());
        OwnerNews { new_device, new_link, bypass }
    }
}

/// What came back.
enum LoginReply {
    /// Something to verify, and the password that came with it, if one did.
    Code(service::Reply, Option<SecretBytes>),
    /// The password instead of a code.
    Password,
    /// sshd's filler, as long as what was typed.
    Filler(usize),
    /// The person wants to sign in at the identity provider instead.
    SignIn,
}

/// The settings of the stack that the module stands in.
pub fn settings(args: &[&CStr], service: &str) -> Result<(Config, Stacking), String> {
    // Not an argument like others: it makes the module panic, for the test that this is contained.
    #[cfg(feature = "deliberate-panic")]
    let args =
        &args.iter().copied().filter(|arg| !arg.to_bytes().starts_with(b"panic")).collect::<Vec<_>>()[..];
    arguments::settings(args, service)
}

/// The password of a reply for both, and the code at its end.
type Both = (SecretBytes, service::Reply);

impl Login {
    /// The steps in which the first question is put to somebody remote, and those in which a refusal is answered: looking
    /// up a name that nobody has takes longer than looking up others, and so does counting its failures.
    const BEFORE_QUESTION: Duration = Duration::from_millis(2);
    const REFUSAL: Duration = Duration::from_millis(4);

    /// Reads the settings, and with them the language of what is said from here on, and looks the user up.
    fn prepare(
        host: &mut dyn Host,
        args: &[&CStr],
        flags: Flags,
        log: &mut Log,
        messages: &mut &'static Messages,
        seen: &mut Seen,
    ) -> Result<Self, Outcome> {
        let (mut config, stacking) = settings(args, &log.service).map_err(Outcome::Misconfigured)?;
        *messages = Messages::of(config.language);
        seen.contact = Contact::of(config.contact.take());
        log.debug = config.debug;
        let name = host.user().map_err(Outcome::NoReply)?;
        log.user.clone_from(&name);
        let mut target = Target::find(&name, &config)?;
        log.account = target.other_name().map(str::to_owned);
        let client = match &target.known {
            Some(known) if config.remember.0 > 0 => {
                let password = ffi::password_digest(known.account.name.as_str());
                RememberedClient::of(&log.service, &log.rhost, password)
            }
            _ => None,
        };
        let source = Source::of(&log.rhost, target.real_uid().as_raw());
        target.comes_from(source);
        let tells_failures = !flags.silent && shows_messages(&log.service);
        let (messages, remote) = (*messages, log.rhost != "-");
        let has_provider = config.identity_provider.is_some();
        // One reply for both is the password's, too.
        let offer = Offer::in_service(&mut config, &log.service, target.is_looked_up_by_root())
            .filter(|_| !stacking.forward);
        let (passed, links, at_once) = (None, Links::system(), false);
        let mut login = Self {
            messages,
            config,
            stacking,
            target,
            passed,
            client,
            source,
            tells_failures,
            remote,
            has_provider,
            offer,
            at_once,
            links,
        };
        match login.passes(host, log)? {
            // The modules below have no password but the one that this module asks for.
            Some(passed) if login.stacking.forward => login.passed = Some(passed),
            Some(passed) => return Err(Outcome::Passed(passed)),
            None => login.at_once = login.has_nothing_to_type(),
        }
        Ok(login)
    }

    /// Asks until a code is accepted or no tries are left. Counts the attempts of this login that were charged and refused.
    fn run(&self, host: &mut dyn Host, log: &Log, seen: &mut Seen) -> Outcome {
        if let Some(passed) = self.passed {
            return self.ask_without_need(host, passed, log, seen);
        }
        let mut note = String::new();
        match (self.first_pass(host), self.stacking.first_pass) {
            (None, FirstPass::Use) => return Outcome::Denied(Denial::NoCode, Refusal::Wrong),
            (None, _) => {}
            (Some(given), first_pass) => {
                let outcome = self.padded_attempt(host, given, log, seen);
                let Some(refusal) = outcome.refusal().filter(|_| first_pass == FirstPass::Try) else {
                    return outcome;
                };
                // Many passwords end in digits: that is no try of the person's, and no refusal.
                seen.refused += u32::from(matches!(outcome, Outcome::Refused(_)));
                seen.first_pass_guesses += u32::from(outcome.is_guess());
                log.send(outcome.tried_line(), None);
                if matches!(refusal, Refusal::Used { .. }) {
                    note = self.messages.refused(refusal, false);
                }
            }
        }
        self.ask_until_accepted(host, note, log, seen)
    }

    fn ask_until_accepted(
        &self,
        host: &mut dyn Host,
        mut note: String,
        log: &Log,
        seen: &mut Seen,
    ) -> Outcome {
        let mut left = self.config.tries;
        let mut unasked = self.at_once.then_some(LoginReply::SignIn);
        loop {
            let is_asked = unasked.is_none();
            let outcome = match unasked.take().map_or_else(|| self.ask(host, &note), Ok) {
                Ok(given) => self.padded_attempt(host, given, log, seen),
                Err(outcome) => return outcome,
            };
            // Who was not asked has not tried to reach a provider that is away.
            left = left.saturating_sub(u8::from(is_asked || !outcome.is_outage()));
            if outcome.refusal().is_none() || left == 0 {
                return outcome;
            }
            note = self.refuse(&outcome, left, log, seen);
        }
    }

    /// Counts and logs a refusal after which there are tries left; what is said in front of the next question.
    fn refuse(&self, outcome: &Outcome, left: u8, log: &Log, seen: &mut Seen) -> String {
        seen.refused += u32::from(outcome.is_counted());
        log.send(outcome.line().field("tries_left", left), outcome.message(&log.service));
        let again = left.saturating_add(1) < self.config.tries;
        let note = match outcome {
            Outcome::NotSignedIn(why, _) => why.note(self.messages).to_owned(),
            _ => outcome.refusal().map_or_else(String::new, |refusal| self.messages.refused(refusal, again)),
        };
        match outcome.refusal() {
            Some(refusal) if again || left == 1 || contact::is_due(refusal) => {
                seen.contact.below(note, self.messages)
            }
            _ => note,
        }
    }

    /// Waits for the next full interval since then, so that nobody remote learns how long the work took.
    fn pad_to_interval(&self, since: Instant, interval: Duration) {
        if self.remote {
            let over = since.elapsed().as_nanos() % interval.as_nanos();
            std::thread::sleep(
                interval.saturating_sub(Duration::from_nanos(u64::try_from(over).unwrap_or(0))),
            );
        }
    }

    /// The code at the end of the password that a module above asked for, when this module is to look for one.
    fn first_pass(&self, host: &dyn Host) -> Option<LoginReply> {
        if self.stacking.first_pass == FirstPass::No {
            return None;
        }
        let (password, reply) = self.split(&host.password()?)?;
        Some(LoginReply::Code(reply, Some(password)))
    }

    fn split(&self, both: &[u8]) -> Option<Both> {
        let digits = self.target.digits(&self.config.policy).count();
        let (password, code) = dialogue::split(both, digits)?;
        Some((Zeroizing::new(password.to_vec()), service::Reply::new(code)))
    }

    /// The question, on a line of its own below what is said: with the user and the host that ssh puts in front, one line has
    /// no room for both.
    fn question(&self, note: &str) -> String {
        let language = self.config.language;
        let or_sign_in = match &self.offer {
            // A question of the site's own stays as it is.
            Some(offer) if self.config.prompt == language.prompt() && !offer.is_paused() => {
                Some(fill(self.messages.code_or_sign_in(), offer.name()))
            }
            _ => None,
        };
        let question = match &or_sign_in {
            Some(question) => question,
            None if self.stacking.forward => self.messages.both(),
            None => &self.config.prompt,
        };
        if note.is_empty() { question.to_owned() } else { format!("{}\n{question}", note.trim_end()) }
    }

    /// Asks for a code, or for password and code in one.
    fn ask(&self, host: &mut dyn Host, note: &str) -> Result<LoginReply, Outcome> {
        match dialogue::ask(host, &self.question(note), self.config.echo) {
            Ok(Reply::Attempt(reply)) if self.stacking.forward => self.forward(host, &reply),
            Ok(Reply::Attempt(reply)) if self.offer.is_some() && is_choice(&reply) => Ok(LoginReply::SignIn),
            // Of people who may not log in sshd shows no more than how much they typed: a letter is the choice.
            Ok(Reply::Filler(1)) if self.offer.is_some() => Ok(LoginReply::SignIn),
            Ok(Reply::Attempt(reply)) => Ok(LoginReply::Code(service::Reply::new(&reply), None)),
            Ok(Reply::Filler(length)) => Ok(LoginReply::Filler(length)),
            Ok(Reply::Password) => Ok(LoginReply::Password),
            Err(why) => Err(Outcome::NoReply(why)),
        }
    }

    /// Hands the password of a reply for both on, whatever becomes of the code: the modules below must not ask again.
    fn forward(&self, host: &mut dyn Host, both: &[u8]) -> Result<LoginReply, Outcome> {
        let (password, reply) = match self.split(both) {
            Some(both) => both,
            None => (Zeroizing::new(both.to_vec()), service::Reply::new(b"")),
        };
        hand_on(host, &password).map(|()| LoginReply::Code(reply, None))
    }

    /// Asks somebody who needs no code, in the same words as everybody, and hands the password on.
    fn ask_without_need(&self, host: &mut dyn Host, passed: Passed, log: &Log, seen: &Seen) -> Outcome {
        let reply = match host.ask(&self.question(""), self.config.echo) {
            Ok(reply) => reply,
            Err(why) => return Outcome::NoReply(why),
        };
        // Whoever is let through by name, by service or for want of a phone types no code: digits are the password's.
        let both = if passed.depends_on_place() { self.split(&reply) } else { None };
        let taken_off = both
            .and_then(|(password, code)| self.needless_code(passed, &code, log, seen).zip(Some(password)));
        let (outcome, handed_on) = match &taken_off {
            Some((outcome, password)) => (outcome.clone(), hand_on(host, password)),
            None => (Outcome::Passed(passed), hand_on(host, &reply)),
        };
        handed_on.err().unwrap_or(outcome)
    }

    /// The outcome, if digits at the end of a password are a code of the person's that was typed although none is needed;
    /// charged like any other. Of a code that will be right soon nobody learns, therefore.
    fn needless_code(
        &self,
        passed: Passed,
        code: &service::Reply,
        log: &Log,
        seen: &Seen,
    ) -> Option<Outcome> {
        match self.verify(self.target.known.as_ref()?, code, seen) {
            Ok(Verdict::Accepted(accepted)) => Some(Outcome::Accepted(accepted)),
            Ok(Verdict::Refused(Refusal::Used { .. })) => Some(Outcome::Passed(passed)),
            Ok(Verdict::Refused(why)) => {
                log.send(Outcome::Refused(why).tried_line(), None);
                None
            }
            Err(_) => None,
        }
    }

    /// One attempt; a refusal takes full intervals of time.
    fn padded_attempt(&self, host: &mut dyn Host, given: LoginReply, log: &Log, seen: &Seen) -> Outcome {
        let arrived = Instant::now();
        let outcome = self.attempt(host, given, log, seen);
        if outcome.refusal().is_some() {
            self.pad_to_interval(arrived, Self::REFUSAL);
        }
        outcome
    }

    fn attempt(&self, host: &mut dyn Host, given: LoginReply, log: &Log, seen: &Seen) -> Outcome {
        let (reply, password) = match given {
            LoginReply::Code(reply, password) => (reply, password),
            LoginReply::Password => return Outcome::Denied(Denial::Password, Refusal::Wrong),
            LoginReply::Filler(length) => return self.filler(length),
            LoginReply::SignIn => return self.sign_in(host, log, seen),
        };
        log.debug(|| Log::step("reply").field("reply_bytes", reply.0.len()));
        let (verdict, denial) = match &self.target.known {
            Some(known) => (self.verify(known, &reply, seen), Denial::Unenrolled),
            None => (self.unknown_user(), Denial::UnknownUser),
        };
        match verdict {
            Ok(Verdict::Accepted(accepted)) => {
                let handed_on = password.map_or(Ok(()), |password| host.set_password(&password));
                log.debug(|| Log::step("password").field("handed_on", handed_on.is_ok()));
                Outcome::Accepted(accepted)
            }
            Ok(Verdict::Refused(why)) => Outcome::Refused(why),
            Err(AccessError::NotEnrolled) => self.refuse_like_unknown(denial, &reply),
            Err(trouble) => trouble.into(),
        }
    }

    /// Has a reply of somebody known decided.
    fn verify(&self, known: &Known, reply: &service::Reply, seen: &Seen) -> Result<Verdict, AccessError> {
        let typed = reply.parse();
        let attempt = LoginAttempt {
            remember: self.client.as_ref(),
            tells_failures: self.tells_failures,
            refund: seen.first_pass_guesses,
            ..LoginAttempt::from(self.source, &typed)
        };
        let _scheduling = known.is_started_by_another().then(DefaultScheduling::begin);
        let (verdict, news) = known.access.verify(reply, &attempt, &self.config.policy)?;
        seen.new_device.set(news.new_device);
        seen.bypass.set(news.bypass);
        if matches!(verdict, Verdict::Accepted(_)) {
            seen.new_link.set(self.new_link(news.last_told));
        }
        Ok(verdict)
    }

    /// What there is to say of an attempt for a name that nobody has on this host.
    fn unknown_user(&self) -> Result<Verdict, AccessError> {
        access::refuse_in_directory(&self.target.name, &self.config, self.source)
            .and(Err(AccessError::NotEnrolled))
    }

    /// Refuses what sshd put in the place of a reply like a reply of as many digits.
    fn filler(&self, length: usize) -> Outcome {
        if let Err(error @ AccessError::Unavailable(_)) = self.unknown_user() {
            return error.into();
        }
        let denial = if self.target.known.is_some() { Denial::Filler } else { Denial::UnknownUser };
        self.refuse_like_unknown(denial, &service::Reply::new(&vec![b'0'; length]))
    }

    /// Refuses a reply that there is nothing to verify with.
    fn refuse_like_unknown(&self, denial: Denial, reply: &service::Reply) -> Outcome {
        self.target
            .refuse(reply, &self.config)
            .map_or_else(|outcome| outcome, |as_if| Outcome::Denied(denial, as_if))
    }
}

/// Sets the password for the modules below.
fn hand_on(host: &mut dyn Host, password: &[u8]) -> Result<(), Outcome> {
    host.set_password(password)
        .map_err(|why| Outcome::Unavailable(format!("the password cannot be handed on: {why}")))
}

#[cfg(test)]
mod tests;
