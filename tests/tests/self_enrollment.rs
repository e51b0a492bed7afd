//! A first device is enrolled by the person, and not by whatever runs as the person: what `otp-helper` asks for, and what
//! a program tries that does not have it.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use insis_otp::oath::{Period, Salt, Seconds, UnixTime};
use insis_otp::service::{Credential, EnrollmentDenial, Request, Response, system_clock};
use insis_otp::store::InvitationRefusal;
use insis_otp::verify::ParsedReply;
use insis_otp_tests::env::{CONFIG, Env, HELPER, run, talk};
use insis_otp_tests::person::{Person, SYSTEM_STORE};
use insis_otp_tests::terminal::Terminal;

const SERVICE: &str = "/etc/pam.d/otp-setup";
const PASSWORD: &str = "correct horse";
const INVITATION: &str = "abcde-fghjk";

/// Carol, who has no device yet, on a machine with these settings.
struct Newcomer {
    env: Env,
    carol: Person,
}

impl Newcomer {
    fn new(config: &str) -> Self {
        let env = Env::build().user("carol", PASSWORD).user("bob", "staple").config(config).start();
        Self { carol: Person::new("carol", 3, SYSTEM_STORE), env }
    }

    fn request(&self, credential: &str) -> String {
        let step = system_clock().step(Period::default()).0;
        let new = self.carol.new_device(step - 1);
        Request::Enroll(new, Credential::new(credential.as_bytes())).encode().to_string()
    }

    fn enroll(&self, credential: &str) -> Option<Response> {
        self.enroll_in("exec \"$1\"", credential)
    }

    /// Enrolls by a shell of carol's.
    fn enroll_in(&self, script: &str, credential: &str) -> Option<Response> {
        heard(&talk(self.shell(script), &self.request(credential)))
    }

    fn shell(&self, script: &str) -> &mut Command {
        let mut shell = self.env.as_user("carol", "bash");
        shell.args(["-c", script, "bash", HELPER]);
        Box::leak(Box::new(shell))
    }

    fn is_enrolled(&self) -> bool {
        self.carol.file.path().exists()
    }

    fn again(&self) {
        self.carol.file.remove().expect("not enrolled");
    }

    fn invite(&self, valid: u64) {
        let ParsedReply::Recovery(code) = ParsedReply::parse(INVITATION.as_bytes()) else {
            panic!("{INVITATION}")
        };
        let expires = system_clock().plus(Seconds(valid));
        self.carol.file.invitation().issue(&code, Salt([9; 16]), expires).unwrap();
    }

    fn attempts(&self) -> String {
        let text = std::fs::read_to_string("/var/lib/insis-otp/.carol.invitation").unwrap();
        text.lines().last().unwrap().to_owned()
    }
}

fn heard(output: &Output) -> Option<Response> {
    Response::decode(&output.stdout).ok()
}

fn denied(denial: EnrollmentDenial) -> Option<Response> {
    Some(Response::Denied(denial))
}

fn is_done(answer: Option<&Response>) -> bool {
    matches!(answer, Some(Response::Done(_)))
}

#[test]
fn by_default_it_takes_the_password() {
    let newcomer = Newcomer::new("");
    for wrong in ["", "staple", "correct horse ", "correct\0horse", &"x".repeat(512), "123456", INVITATION] {
        newcomer.env.syslog().clear();
        let began = Instant::now();
        assert_eq!(newcomer.enroll(wrong), denied(EnrollmentDenial::Password), "{wrong:?}");
        let slow = began.elapsed() >= Duration::from_secs(2);
        assert!(slow || wrong.is_empty() || wrong.contains('\0'), "{wrong:?} took {:?}", began.elapsed());
        let _ = newcomer
            .env
            .syslog()
            .expect(&["<84>otp-helper", "enrol: result=refused reason=wrong-password user=carol"]);
    }
    assert!(!newcomer.is_enrolled());
    assert!(is_done(newcomer.enroll(PASSWORD).as_ref()) && newcomer.is_enrolled());
    let _ = newcomer.env.syslog().expect(&["<84>otp-helper", "enrol: result=done by=password user=carol"]);
    // Neither the password nor anything else is asked for in vain: nobody waits as after a wrong one. On a busy machine one of
    // three may be slow by itself.
    let in_vain = || {
        let began = Instant::now();
        assert_eq!(newcomer.enroll("staple"), Some(Response::Exists));
        began.elapsed()
    };
    let quickest = (0..3).map(|_| in_vain()).min();
    assert!(quickest < Some(Duration::from_secs(2)), "{quickest:?}");
}

#[test]
fn a_password_that_proves_nothing_is_not_taken() {
    let newcomer = Newcomer::new("");
    // None at all, one that is locked, none that could be typed; PAM's own file would let an empty one pass elsewhere.
    for (hash, typed) in [("", ""), ("", PASSWORD), ("!", PASSWORD), ("*", "*")] {
        run(Command::new("usermod").args(["-p", hash, "carol"]));
        assert_eq!(newcomer.enroll(typed), denied(EnrollmentDenial::Password), "{hash:?} {typed:?}");
    }
    // What an administrator gives such people is an invitation.
    newcomer.invite(60);
    assert!(is_done(newcomer.enroll(INVITATION).as_ref()));
}

#[test]
fn without_its_pam_service_no_password_is_right() {
    let newcomer = Newcomer::new("");
    newcomer.env.write("/etc/pam.d/other".as_ref(), b"auth required pam_permit.so\n", 0o644);
    std::fs::remove_file(SERVICE).unwrap();
    let answer = newcomer.enroll(PASSWORD);
    let unchecked = matches!(&answer, Some(Response::Denied(EnrollmentDenial::PasswordUnchecked(why))) if why.contains(SERVICE));
    assert!(unchecked, "{answer:?}");
    let _ = newcomer.env.syslog().expect(&["<83>otp-helper", "reason=password-unchecked"]);
    // One that asks for more than a password cannot be answered.
    for stack in [
        "auth required pam_unix.so\nauth required pam_insis_otp.so\n",
        "auth required no_such_module.so\n",
        "auth required pam_deny.so\n",
        "",
    ] {
        newcomer.env.write(SERVICE.as_ref(), stack.as_bytes(), 0o644);
        newcomer.env.write("/etc/pam.d/other".as_ref(), b"auth required pam_deny.so\n", 0o644);
        let answer = newcomer.enroll(PASSWORD);
        assert!(matches!(answer, Some(Response::Denied(_))), "{stack:?}: {answer:?}");
    }
    assert!(!newcomer.is_enrolled());
}

#[test]
fn the_site_decides_what_it_takes() {
    let newcomer = Newcomer::new("self_enrollment = \"off\"\n");
    newcomer.invite(60);
    for credential in [PASSWORD, INVITATION, ""] {
        assert_eq!(newcomer.enroll(credential), denied(EnrollmentDenial::Off));
    }
    newcomer.env.write(CONFIG.as_ref(), b"self_enrollment = \"invitation\"\n", 0o644);
    assert_eq!(newcomer.enroll(PASSWORD), denied(EnrollmentDenial::Invitation(InvitationRefusal::None)));
    assert_eq!(newcomer.attempts(), "attempts=00");
    assert!(is_done(newcomer.enroll(INVITATION).as_ref()));
    let _ = newcomer.env.syslog().expect(&["<84>otp-helper", "enrol: result=done by=invitation user=carol"]);
    newcomer.again();
    newcomer.env.write(CONFIG.as_ref(), b"self_enrollment = \"open\"\n", 0o644);
    assert!(is_done(newcomer.enroll("").as_ref()));
    let _ = newcomer.env.syslog().expect(&["<84>otp-helper", "enrol: result=done by=nothing user=carol"]);
}

#[test]
fn an_invitation_is_good_once_in_its_time_and_for_few_guesses() {
    let newcomer = Newcomer::new("self_enrollment = \"invitation\"\n");
    let refused = |why| denied(EnrollmentDenial::Invitation(why));
    newcomer.invite(0);
    assert_eq!(newcomer.enroll(INVITATION), refused(InvitationRefusal::Expired));
    newcomer.invite(3600);
    // What is no code is no guess; nor does a mistake with the phone cost one.
    assert_eq!(newcomer.enroll("no code"), refused(InvitationRefusal::None));
    let skewed = newcomer.request(INVITATION).replace("digits=6", "digits=8");
    assert!(!is_done(heard(&talk(newcomer.shell("exec \"$1\""), &skewed)).as_ref()));
    assert_eq!(newcomer.attempts(), "attempts=00");
    assert_eq!(newcomer.enroll("zzzzz-zzzzz"), refused(InvitationRefusal::Wrong { left: 9 }));
    assert!(is_done(newcomer.enroll(" ABCDE fghjk ").as_ref()), "as people write it");
    assert!(!Path::new("/var/lib/insis-otp/.carol.invitation").exists());
    newcomer.again();
    assert_eq!(newcomer.enroll(INVITATION), refused(InvitationRefusal::None));
    newcomer.invite(3600);
    for left in (0..10).rev() {
        assert_eq!(newcomer.enroll("zzzzz-zzzzz"), refused(InvitationRefusal::Wrong { left }));
    }
    assert_eq!(newcomer.enroll(INVITATION), refused(InvitationRefusal::UsedUp));
    assert!(!newcomer.is_enrolled());
    let _ = newcomer.env.syslog().expect(&["<84>otp-helper", "reason=spent-invitation user=carol"]);
}

#[test]
fn of_two_at_once_one_enrolls() {
    let newcomer = Newcomer::new("");
    for (credential, invited) in [(PASSWORD, false), (INVITATION, true)] {
        for _ in 0..5 {
            if invited {
                newcomer.invite(60);
            }
            let request = newcomer.request(credential);
            let start = || {
                let shell = newcomer.shell("exec \"$1\"");
                let mut child = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
                child.stdin.take().unwrap().write_all(request.as_bytes()).unwrap();
                child
            };
            let children = [start(), start(), start()];
            let answers = children.map(|child| heard(&child.wait_with_output().unwrap()));
            assert_eq!(answers.iter().filter(|answer| is_done(answer.as_ref())).count(), 1, "{answers:?}");
            newcomer.again();
        }
    }
}

/// What a caller prepares: none of it enrolls a device without the password, nor with a guess of an invitation for free.
#[test]
fn no_surroundings_make_the_helper_take_what_is_wrong() {
    let newcomer = Newcomer::new("");
    newcomer.invite(3600);
    let home = newcomer.env.home("carol");
    let library = newcomer.env.publish(insis_otp_tests::clock::library());
    std::fs::create_dir_all(home.join("etc/pam.d")).unwrap();
    std::fs::write(home.join("etc/pam.d/otp-setup"), "auth required pam_permit.so\n").unwrap();
    let library = library.display();
    let surroundings = [
        format!("LD_PRELOAD={library} exec \"$1\""),
        "LD_LIBRARY_PATH=$HOME PAM_CONFDIR=$HOME/etc/pam.d HOME=/ USER=root LOGNAME=bob exec \"$1\"".to_owned(),
        "exec -a otp-setup \"$1\"".to_owned(),
        "strace -f -qq -o /dev/null \"$1\"".to_owned(),
        "setpriv --no-new-privs \"$1\"".to_owned(),
        "unshare --user --map-root-user --mount sh -c 'mount --bind $HOME/etc/pam.d /etc/pam.d; exec \"$0\"' \"$1\"".to_owned(),
        "trap '' CHLD HUP INT TERM PIPE ALRM; exec \"$1\"".to_owned(),
        "exec \"$1\" 2>&- 3>&- 4>&-".to_owned(),
        "umask 0; cd /; exec \"$1\" 5</dev/null 6</etc/passwd".to_owned(),
        "ulimit -c unlimited; ulimit -n 4; exec \"$1\"".to_owned(),
        "ulimit -f 0; exec \"$1\"".to_owned(),
        "ulimit -u 0; exec \"$1\"".to_owned(),
        "ulimit -t 0; exec \"$1\"".to_owned(),
        "ulimit -v 20000; exec \"$1\"".to_owned(),
        "ulimit -s 100; exec \"$1\"".to_owned(),
        "ulimit -l 0; ulimit -i 0; ulimit -q 0; exec \"$1\"".to_owned(),
    ];
    for script in &surroundings {
        let before = newcomer.attempts();
        let answer = newcomer.enroll_in(script, "staple");
        assert!(!is_done(answer.as_ref()) && !newcomer.is_enrolled(), "{script}: {answer:?}");
        assert_eq!(newcomer.attempts(), before, "{script}");
        // A guess that was compared was counted.
        let answer = newcomer.enroll_in(script, "zzzzz-zzzzz");
        let compared = matches!(answer, Some(Response::Denied(EnrollmentDenial::Invitation(_))));
        assert!(!is_done(answer.as_ref()) && !newcomer.is_enrolled(), "{script}: {answer:?}");
        assert!(!compared || newcomer.attempts() != before, "{script}: {answer:?}");
        newcomer.invite(3600);
    }
}

/// The helper and what PAM starts for it are killed at any moment, while the password is checked and afterwards.
#[test]
fn killing_the_helper_or_its_children_enrolls_nobody() {
    let newcomer = Newcomer::new("");
    for milliseconds in [1, 3, 5, 8, 12, 20, 40, 80, 200, 600] {
        for who in ["$p", "-- -$p", "$(pgrep -P $p) $p", "$(pgrep unix_chkpwd)"] {
            let script = format!(
                "set -m; \"$1\" <<<\"$(cat)\" & p=$!; sleep {:.3}; kill -KILL {who} 2>/dev/null; wait",
                f64::from(milliseconds) / 1000.0
            );
            let answer = heard(&talk(newcomer.shell(&script), &newcomer.request("staple")));
            assert!(!is_done(answer.as_ref()) && !newcomer.is_enrolled(), "{script}: {answer:?}");
        }
    }
}

#[test]
fn nobody_looks_into_the_helper_while_the_password_is_checked() {
    let newcomer = Newcomer::new("");
    let script = "\"$1\" <<<\"$(cat)\" >/dev/null & p=$!; sleep 0.5; ls /proc/$p/task >/dev/null || exit 9\n\
                  for file in mem maps environ syscall stack; do cat /proc/$p/$file >/dev/null 2>&1 && echo open $file; done\n\
                  timeout 2 strace -qq -o /dev/null -p $p 2>/dev/null && echo traced; wait; echo end";
    let output = talk(newcomer.shell(script), &newcomer.request("staple"));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "end\n", "{output:?}");
}

#[test]
fn the_guess_at_an_invitation_is_on_the_disk_before_it_is_compared() {
    let newcomer = Newcomer::new("self_enrollment = \"invitation\"\n");
    newcomer.invite(3600);
    let trace = "/run/otp-test/trace";
    let mut strace = newcomer.env.command("strace");
    strace.args(["-f", "-o", trace, "-e", "trace=pwrite64,fdatasync,write,renameat2"]);
    strace.args(["setpriv", "--reuid=carol", "--regid=carol", "--init-groups", "--", HELPER]);
    let refused = talk(&mut strace, &newcomer.request("zzzzz-zzzzz"));
    assert!(matches!(heard(&refused), Some(Response::Denied(_))), "{refused:?}");
    let calls = std::fs::read_to_string(trace).unwrap();
    let at = |what: &str| calls.find(what).unwrap_or_else(|| panic!("no {what}: {calls}"));
    assert!(at("\"01\", 2, ") < at("fdatasync(") && at("fdatasync(") < at("denied"), "{calls}");
    // A right code: charged, then used up, then the secret file, in that order.
    let done = talk(&mut strace, &newcomer.request(INVITATION));
    assert!(is_done(heard(&done).as_ref()), "{done:?}");
    let calls = std::fs::read_to_string(trace).unwrap();
    let at = |what: &str| calls.find(what).unwrap_or_else(|| panic!("no {what}: {calls}"));
    assert!(at("\"02\", 2, ") < at("\"99\", 2, ") && at("\"99\", 2, ") < at("renameat2("), "{calls}");
}

#[test]
fn root_invites_and_the_person_types_the_code() {
    let newcomer = Newcomer::new("");
    let root = |args: &[&str]| talk(newcomer.env.command("otp-setup").args(args), "");
    let carol = talk(newcomer.env.as_user("carol", "otp-setup").arg("invite"), "");
    assert_eq!(carol.status.code(), Some(2));
    for wrong in [
        &["invite"][..],
        &["invite", "-u", "carol", "--valid", "59m"],
        &["invite", "-u", "carol", "--valid", "91d"],
    ] {
        assert_eq!(root(wrong).status.code(), Some(2), "{wrong:?}");
    }
    // On a terminal no word is broken; this invitation is void by the next.
    let mut terminal = Terminal::run(newcomer.env.command("otp-setup").args(["invite", "--user", "carol"]));
    assert!(terminal.wait().success());
    let screen = terminal.screen();
    assert!(screen.lines().count() > 3 && screen.lines().all(|line| line.chars().count() <= 78), "{screen}");
    newcomer.env.syslog().clear();
    let invited = root(&["invite", "--user", "carol", "--valid", "2h"]);
    let text = String::from_utf8_lossy(&invited.stdout).into_owned();
    let code = text.split_once("carol: ").unwrap().1.lines().next().unwrap().to_owned();
    assert!(invited.status.success() && code.len() == 11, "{text}");
    let _ = newcomer.env.syslog().expect(&["otp-setup", "invite: result=done user=carol"]);
    assert!(newcomer.env.syslog().lines().iter().all(|line| !line.contains(&code)));
    // Another one voids it.
    let other = root(&["invite", "--user", "carol"]);
    assert!(other.status.success());
    assert!(matches!(newcomer.enroll(&code), Some(Response::Denied(EnrollmentDenial::Invitation(_)))));
    let text = String::from_utf8_lossy(&other.stdout).into_owned();
    let code = text.split_once("carol: ").unwrap().1.lines().next().unwrap().to_owned();
    let mut setup = Terminal::run(newcomer.env.as_user("carol", "otp-setup").args(["--yes", "--text"]));
    setup.expect("First code:");
    let phone = insis_otp_tests::phone::Phone::typed(&setup.secret());
    let start = insis_otp_tests::phone::now();
    setup.line(&phone.code_at(start));
    setup.answers(&[
        ("Next code", &phone.code_at(start + 30)),
        ("or an invitation code: ", "kkkkk-mmmmm"),
        ("That is not your invitation code.", &code),
    ]);
    setup.expect("Press Enter");
    assert!(newcomer.is_enrolled() && !setup.text().contains(&code));
    assert_eq!(root(&["invite", "--user", "carol"]).status.code(), Some(4));
    // Where nobody could use one, none is made.
    newcomer.again();
    for config in ["self_enrollment = \"off\"\n", "secret_file = \"%h/.otp\"\n"] {
        newcomer.env.write(CONFIG.as_ref(), config.as_bytes(), 0o644);
        assert_eq!(root(&["invite", "--user", "carol"]).status.code(), Some(2), "{config}");
    }
}

#[test]
fn an_invitation_is_printed_and_then_not_shown() {
    let newcomer = Newcomer::new("");
    let lp = |script: &str| {
        newcomer.env.write("/etc/lp".as_ref(), script.as_bytes(), 0o755);
        let bind = nix::mount::MsFlags::MS_BIND;
        nix::mount::mount(Some("/etc/lp"), "/usr/bin/lp", None::<&str>, bind, None::<&str>).unwrap();
    };
    let invite = || talk(newcomer.env.command("otp-setup").args(["invite", "-u", "carol", "--print"]), "");
    lp("#!/bin/sh\ncat >/run/otp-test/printed\n");
    let output = invite();
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    let printed = std::fs::read_to_string("/run/otp-test/printed").unwrap();
    let code = printed.split_once("carol: ").unwrap().1.lines().next().unwrap().to_owned();
    assert!(is_done(newcomer.enroll(&code).as_ref()), "{printed}");
    newcomer.again();
    lp("#!/bin/sh\necho 'lp: no paper' >&2\nexit 1\n");
    let output = invite();
    assert!(
        output.status.code() == Some(5) && String::from_utf8_lossy(&output.stderr).contains("no paper"),
        "{output:?}"
    );
    assert!(!Path::new("/var/lib/insis-otp/.carol.invitation").exists());
}

#[test]
fn a_batch_reads_the_password_as_a_line() {
    let newcomer = Newcomer::new("");
    let batch = |password: &str| {
        let mut setup = newcomer.env.as_user("carol", "otp-setup");
        setup
            .args(["--batch", "--yes", "--text"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = setup.spawn().unwrap();
        let mut shown = Vec::new();
        let mut output = child.stdout.take().unwrap();
        let secret = loop {
            let mut byte = [0];
            std::io::Read::read_exact(&mut output, &mut byte).expect("no secret");
            shown.push(byte[0]);
            let text = String::from_utf8_lossy(&shown).into_owned();
            let groups: String = text.lines().filter(|line| line.starts_with("  ")).collect::<String>();
            let groups: String = groups.split_whitespace().collect();
            if groups.len() >= 32 && text.ends_with('\n') {
                break groups;
            }
        };
        let phone = insis_otp_tests::phone::Phone::typed(&secret);
        let start = insis_otp_tests::phone::now();
        let typed = format!("{}\n{}\n{password}\n", phone.code_at(start), phone.code_at(start + 30));
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut output, &mut rest).unwrap();
        (child.wait().unwrap().code(), rest)
    };
    let (status, shown) = batch("staple");
    assert!(status == Some(1) && !newcomer.is_enrolled(), "{status:?} {shown}");
    let (status, shown) = batch(PASSWORD);
    assert!(status == Some(0) && newcomer.is_enrolled() && !shown.contains(PASSWORD), "{status:?} {shown}");
}

#[test]
fn the_clock_of_an_invitation_is_the_machines() {
    let newcomer = Newcomer::new("self_enrollment = \"invitation\"\n");
    newcomer.invite(2);
    assert_eq!(newcomer.carol.file.invitation().refusal(system_clock()).unwrap(), None);
    assert!(newcomer.carol.file.invitation().refusal(UnixTime(system_clock().0 + 2)).unwrap().is_some());
    std::thread::sleep(Duration::from_millis(2100));
    assert_eq!(newcomer.enroll(INVITATION), denied(EnrollmentDenial::Invitation(InvitationRefusal::Expired)));
}
