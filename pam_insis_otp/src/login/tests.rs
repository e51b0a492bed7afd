use insis_otp::config::Language;
use insis_otp::oath::{Code as OtpCode, Digits, OtpGenerator, Parameters, Salt, Secret, UnixTime};
use insis_otp::record::{AppEntry, UserName};
use insis_otp::service::NewDevice;
use insis_otp::store::{Account, Template, UnknownUsers};

use super::*;
use crate::access::Access;
use crate::host::NoReply;
use crate::host::fake::FakeHost;
use crate::outcome::Code;

/// Somebody with a secret file in a home of the test's own.
struct Anna {
    home: tempfile::TempDir,
    key: OtpGenerator,
}

impl Anna {
    /// Enrolled long ago.
    fn new() -> Self {
        let secret = Secret::from_bytes(b"a secret of 20 bytes").unwrap();
        let key = OtpGenerator::new(secret, Parameters::default());
        let anna = Self { home: tempfile::tempdir().unwrap(), key };
        let then = UnixTime(system_clock().0 - 86_400);
        let step = then.step(anna.key.period()).0;
        let code = |step| OtpCode::from_digits(anna.code_of(step).as_bytes()).unwrap();
        let new = NewDevice {
            entry: AppEntry { key: anna.key.clone(), issuer: "host".into(), account: "anna".into() },
            first: code(step - 1),
            second: code(step),
            recovery: (Vec::new(), Salt::default()),
        };
        let file = anna.file();
        let (policy, clock) = (Config::default().policy, || then);
        insis_otp::service::Service { store: &file, policy: &policy, clock: &clock }.enroll(&new).unwrap();
        anna
    }

    fn account(&self) -> Account {
        Account {
            name: UserName::parse("anna").unwrap(),
            uid: nix::unistd::geteuid(),
            gid: nix::unistd::getegid(),
            home: self.home.path().into(),
        }
    }

    fn file(&self) -> insis_otp::store::SecretFile {
        Template::parse("%h/otp").unwrap().locate(&self.account())
    }

    fn code_of(&self, step: u64) -> String {
        self.key.code(insis_otp::oath::Step(step)).reveal(Digits::Six).to_string()
    }

    /// What the phone shows, so many steps from now.
    fn code(&self, steps: i64) -> String {
        self.code_of(system_clock().step(self.key.period()).0.saturating_add_signed(steps))
    }

    /// A code of a step that nobody looks at.
    fn wrong(&self) -> String {
        self.code(-5_000)
    }

    fn failures(&self) -> u32 {
        access::service(&self.file(), &Config::default().policy).status().unwrap().unwrap().failures
    }

    /// Logs in by this application.
    fn logs_in(&self, stacking: Stacking, host: &mut FakeHost) -> Outcome {
        run(&self.login(None, stacking), host)
    }

    fn login(&self, offer: Option<Offer>, stacking: Stacking) -> Login {
        let process = nix::unistd::getresuid().unwrap();
        let known = Known { account: self.account(), access: Access::Direct(self.file()), process };
        Login {
            config: Config::default(),
            stacking,
            messages: Messages::of(Language::default()),
            target: Target {
                name: "anna".into(),
                known: Some(known),
                unknown_users: UnknownUsers::within(self.home.path()),
            },
            passed: None,
            client: None,
            source: Source::User(1000),
            tells_failures: true,
            remote: false,
            has_provider: offer.is_some(),
            offer,
            at_once: false,
            links: Links::within(self.home.path()),
        }
    }
}

fn run(login: &Login, host: &mut FakeHost) -> Outcome {
    let log = Log::of(host, "auth");
    login.run(host, &log, &mut Seen::default())
}

#[test]
fn a_right_code_opens_once() {
    let anna = Anna::new();
    let code = anna.code(0);
    let mut host = FakeHost::typing(&[&code]);
    assert_eq!(anna.logs_in(Stacking::default(), &mut host).code(), Code::PAM_SUCCESS);
    assert_eq!(host.shown(), ["One-time code: "]);
    let mut host = FakeHost::typing(&[&code]);
    assert_ne!(anna.logs_in(Stacking::default(), &mut host).code(), Code::PAM_SUCCESS);
}

#[test]
fn a_wrong_code_is_asked_for_again_and_each_one_is_counted() {
    let anna = Anna::new();
    let wrong = anna.wrong();
    let mut host = FakeHost::typing(&[wrong.as_str(); 9]);
    assert_eq!(anna.logs_in(Stacking::default(), &mut host).code(), Code::PAM_AUTH_ERR);
    let tries = Config::default().tries;
    assert_eq!(host.shown().len(), usize::from(tries));
    assert_eq!(anna.failures(), u32::from(tries));
    // The last one is the outcome's, which the caller logs.
    assert_eq!(FakeHost::logged().len() + 1, usize::from(tries));
    assert!(FakeHost::logged().iter().all(|line| line.starts_with("result=refused reason=wrong-code ")));
}

#[test]
fn whoever_hangs_up_or_says_nothing_has_guessed_nothing() {
    let anna = Anna::new();
    for (typed, why) in [(&[][..], NoReply::Conversation), (&[""][..], NoReply::Empty)] {
        let outcome = anna.logs_in(Stacking::default(), &mut FakeHost::typing(typed));
        assert!(matches!(&outcome, Outcome::NoReply(no) if *no == why), "{outcome:?}");
    }
    assert_eq!(anna.failures(), 0);
}

#[test]
fn sshds_filler_and_the_password_are_no_codes() {
    let anna = Anna::new();
    let mut host = FakeHost::typing(&["correct horse"; 9]);
    host.password = Some(b"correct horse".to_vec());
    let outcome = anna.logs_in(Stacking::default(), &mut host);
    assert!(matches!(outcome, Outcome::Denied(Denial::Password, _)), "{outcome:?}");
    let filler = "\u{8}\n\r\u{7f}IN";
    let outcome = anna.logs_in(Stacking::default(), &mut FakeHost::typing(&[filler; 9]));
    assert!(matches!(outcome, Outcome::Denied(Denial::Filler, _)), "{outcome:?}");
    assert_eq!(anna.failures(), 0);
}

#[test]
fn password_and_code_in_one_reply_are_told_apart() {
    let anna = Anna::new();
    let stacking = Stacking { forward: true, ..Stacking::default() };
    let mut host = FakeHost::typing(&[&format!("correct horse{}", anna.code(0))]);
    assert_eq!(anna.logs_in(stacking, &mut host).code(), Code::PAM_SUCCESS);
    assert_eq!(host.password.as_deref(), Some(&b"correct horse"[..]));
}

#[test]
fn a_code_at_the_end_of_the_password_is_tried_before_anybody_is_asked() {
    let anna = Anna::new();
    let both = format!("correct horse{}", anna.code(0));
    for (first_pass, questions) in [(FirstPass::Use, 0), (FirstPass::Try, 1)] {
        let mut host = FakeHost::typing(&[]);
        host.password = Some(format!("correct horse{}", anna.wrong()).into_bytes());
        let outcome = anna.logs_in(Stacking { first_pass, forward: false }, &mut host);
        assert_ne!(outcome.code(), Code::PAM_SUCCESS);
        assert_eq!(host.shown().len(), questions);
    }
    let mut host = FakeHost::typing(&[]);
    host.password = Some(both.into_bytes());
    let outcome = anna.logs_in(Stacking { first_pass: FirstPass::Try, forward: false }, &mut host);
    assert_eq!(outcome.code(), Code::PAM_SUCCESS);
    assert_eq!((host.shown().len(), host.password.as_deref()), (0, Some(&b"correct horse"[..])));
}

/// Only root makes links.
mod as_root {
    use super::*;
    use crate::sign_in::NotSignedIn;
    use crate::sign_in::tests::{OFFERED, identity, offer, proved};

    impl Anna {
        fn is_linked_to(&self, subject: &str) {
            // Root's account has no link.
            let account = Account { uid: nix::unistd::Uid::from_raw(1), ..self.account() };
            Links::within(self.home.path()).save(&account, &identity(subject), UnixTime(0)).unwrap();
        }

        /// Logs in where the provider is offered, and the program says this.
        fn signs_in(&self, script: &str, typed: &[&str]) -> (Outcome, Vec<String>) {
            self.signs_in_with(script, typed, |_| ())
        }

        /// The same, of a login that is led to the provider at once.
        fn signs_in_at_once(&self, script: &str, tries: u8, typed: &[&str]) -> (Outcome, Vec<String>) {
            self.signs_in_with(script, typed, |login| {
                login.at_once = true;
                login.config.tries = tries;
            })
        }

        fn signs_in_with(
            &self,
            script: &str,
            typed: &[&str],
            change: impl FnOnce(&mut Login),
        ) -> (Outcome, Vec<String>) {
            assert!(nix::unistd::geteuid().is_root(), "it takes root: make test, or make check without it");
            let folder = tempfile::tempdir().unwrap();
            let offer = offer(folder.path(), script);
            let mut host = FakeHost::typing(typed);
            let mut login = self.login(Some(offer), Stacking::default());
            change(&mut login);
            (run(&login, &mut host), host.shown())
        }
    }

    fn says(message: &str) -> String {
        format!("echo {OFFERED}\necho '{}'", message.trim_end())
    }

    #[test]
    fn the_choice_stands_in_the_question_and_a_code_opens_as_ever() {
        let anna = Anna::new();
        let code = anna.code(0);
        let (outcome, shown) = anna.signs_in("exit 1", &[&code]);
        assert!(matches!(outcome, Outcome::Accepted(_)));
        assert_eq!(shown, ["One-time code (or m for Example): "]);
    }

    #[test]
    fn a_code_typed_at_the_second_question_opens_too() {
        let anna = Anna::new();
        let code = anna.code(0);
        let (outcome, shown) = anna.signs_in(&format!("echo {OFFERED}; exec sleep 60"), &["m", &code]);
        assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
        assert_eq!(shown.len(), 2);
    }

    #[test]
    fn whoever_is_not_linked_is_refused_like_somebody_else_and_it_counts() {
        let anna = Anna::new();
        let (outcome, shown) = anna.signs_in(&says(&proved("s-1")), &["m", "", "m", "", "m", ""]);
        assert!(matches!(outcome, Outcome::NotSignedIn(NotSignedIn::NotLinked, _)), "{outcome:?}");
        assert_eq!(outcome.code(), Code::PAM_AUTH_ERR);
        assert!(shown[2].starts_with("That does not open this login."), "{shown:?}");
        assert_eq!((shown.len(), anna.failures()), (6, 3));
    }

    #[test]
    fn refusals_count_and_an_outage_does_not() {
        let anna = Anna::new();
        let refused = "refused reason=idp-expired detail=";
        let code = anna.code(0);
        let (outcome, shown) = anna.signs_in(&says(refused), &["m", "", &code]);
        assert!(matches!(&outcome, Outcome::Accepted(accepted) if accepted.failures == 1), "{outcome:?}");
        assert!(shown[2].starts_with("That took too long."), "{shown:?}");
        assert_eq!(anna.failures(), 0, "told");
        let anna = Anna::new();
        let away = "echo unavailable reason=idp-network detail=";
        let (outcome, shown) = anna.signs_in(away, &["m", &anna.code(0)]);
        assert!(matches!(&outcome, Outcome::Accepted(accepted) if accepted.failures == 0), "{outcome:?}");
        assert!(shown[1].starts_with("That cannot be asked now."), "{shown:?}");
        let reasons: Vec<_> = FakeHost::logged();
        assert!(reasons[0].starts_with("result=refused reason=idp-network"), "{reasons:?}");
    }

    #[test]
    fn whoever_hangs_up_at_the_second_question_is_counted() {
        let anna = Anna::new();
        let (outcome, _) = anna.signs_in(&format!("echo {OFFERED}; exec sleep 60"), &["m"]);
        assert!(matches!(outcome, Outcome::NoReply(NoReply::Conversation)));
        assert_eq!(anna.failures(), 1);
    }

    #[test]
    fn who_is_led_there_at_once_pays_as_after_the_choice_and_has_as_many_tries() {
        let refused = says("refused reason=idp-denied detail=");
        let anna = Anna::new();
        let (outcome, shown) = anna.signs_in_at_once(&refused, 2, &["", &anna.code(0)]);
        assert!(shown[0].starts_with("Open https://") && shown.len() == 2, "{shown:?}");
        assert!(shown[1].starts_with("That does not open this login."), "{shown:?}");
        assert!(matches!(&outcome, Outcome::Accepted(accepted) if accepted.failures == 1), "{outcome:?}");
        let anna = Anna::new();
        let (outcome, shown) = anna.signs_in_at_once(&refused, 1, &["", &anna.code(0)]);
        assert!(matches!(outcome, Outcome::NotSignedIn(NotSignedIn::Refused(_), _)), "{outcome:?}");
        assert_eq!((shown.len(), anna.failures()), (1, 1));
        // A code at the second question, and hanging up.
        let waiting = format!("echo {OFFERED}; exec sleep 60");
        let anna = Anna::new();
        let (outcome, shown) = anna.signs_in_at_once(&waiting, 1, &[&anna.code(0)]);
        assert!(matches!(&outcome, Outcome::Accepted(accepted) if accepted.failures == 1), "{outcome:?}");
        assert_eq!((shown.len(), anna.failures()), (1, 0));
        let (outcome, _) = anna.signs_in_at_once(&waiting, 1, &[]);
        assert!(matches!(outcome, Outcome::NoReply(NoReply::Conversation)));
        assert_eq!(anna.failures(), 1);
    }

    #[test]
    fn a_provider_that_is_away_takes_no_try_of_who_is_led_there_and_no_offer_is_made() {
        let anna = Anna::new();
        let away = "echo unavailable reason=idp-network detail=";
        let (outcome, shown) = anna.signs_in_at_once(away, 1, &[&anna.code(0)]);
        assert!(matches!(&outcome, Outcome::Accepted(accepted) if accepted.failures == 0), "{outcome:?}");
        assert_eq!(shown, ["That cannot be asked now. Type a code.\nOne-time code: "]);
        // The choice is still understood.
        let anna = Anna::new();
        let (outcome, shown) = anna.signs_in_at_once(away, 3, &["m", &anna.code(0)]);
        assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
        assert_eq!(shown[1], shown[0]);
        assert_eq!(anna.failures(), 0);
    }

    #[test]
    fn names_that_nobody_has_are_charged_and_given_back_like_others() {
        let (away, hang_up) =
            ("echo unavailable reason=idp-network detail=", format!("echo {OFFERED}; exec sleep 60"));
        let refused = says("refused reason=idp-denied detail=");
        for (script, typed, is_delayed) in
            [(away, &["m"][..], false), (&refused, &["m", ""], true), (&hang_up, &["m"], true)]
        {
            for is_known in [true, false] {
                let anna = Anna::new();
                let log_in = |typed: &[&str]| {
                    anna.signs_in_with(script, typed, |login| {
                        login.config.tries = 1;
                        login.target.known = login.target.known.take().filter(|_| is_known);
                    })
                };
                // One more than costs nothing, and one that a delay does not hold back.
                (0..7).for_each(|_| drop(log_in(typed)));
                let (outcome, _) = log_in(&[&anna.wrong()]);
                let is_throttled = matches!(outcome.refusal(), Some(Refusal::Throttled { .. }));
                assert_eq!(is_throttled, is_delayed, "known: {is_known}: {script}: {outcome:?}");
            }
        }
    }

    #[test]
    fn a_letter_that_sshd_has_covered_is_the_choice() {
        let anna = Anna::new();
        let (outcome, shown) = anna.signs_in(&says("refused reason=idp-denied detail="), &["\u{8}", ""]);
        assert_eq!(shown.len(), 3, "{shown:?}");
        assert!(matches!(outcome, Outcome::NoReply(_)), "{outcome:?}");
    }

    #[test]
    fn a_link_that_cannot_be_read_opens_nothing() {
        let anna = Anna::new();
        // Of root, who runs this test, and so of another user id.
        anna.is_linked_to("s-1");
        let (outcome, _) = anna.signs_in(&says(&proved("s-1")), &["m", ""]);
        assert!(matches!(outcome, Outcome::Unavailable(_)), "{outcome:?}");
    }
}
