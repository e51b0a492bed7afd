//! What goes wrong, and what people of the machine try, while somebody links their own account. The provider is a script here,
//! or away.

use std::path::Path;
use std::process::{Child, Command};

use insis_otp::identity::FlowRefusal;
use insis_otp::service::{Credential, LinkRefusal, Request, Response};
use insis_otp::store::{InvitationFile, Links, Template};
use insis_otp_tests::env::{Env, HELPER, STORE, run, talk};
use insis_otp_tests::faults::{Fault, Traced};
use insis_otp_tests::identity_provider::PROGRAM;
use insis_otp_tests::machine::Machine;
use insis_otp_tests::own_link::{
    DONE, account, answer, folder, identity, invite, linked, provider, request, script, settings, waits,
};
use insis_otp_tests::person::{Person, RECOVERY_CODE, SYSTEM_STORE};
use insis_otp_tests::seizer::Seizer;

#[test]
fn of_many_at_once_one_gets_an_identity() {
    let people: Vec<String> = (0..8).map(|number| format!("u{number}")).collect();
    let builder = people.iter().fold(Env::build(), |builder, name| builder.user(name, "x"));
    let env = builder.config(&settings()).start();
    for round in 0..3 {
        script(&env, "sleep 0.3", "s-1");
        people.iter().for_each(|name| invite(name));
        let helpers: Vec<Child> = people.iter().map(|name| waits(&env, name, RECOVERY_CODE)).collect();
        let answers: Vec<_> =
            helpers.into_iter().map(|child| answer(&child.wait_with_output().unwrap().stdout)).collect();
        let refused = Some(Response::NotLinked(LinkRefusal::LinkedElsewhere));
        assert_eq!(answers.iter().filter(|answer| **answer == DONE).count(), 1, "{round}: {answers:?}");
        assert_eq!(answers.iter().filter(|answer| **answer == refused).count(), 7, "{round}: {answers:?}");
        let owners: Vec<_> = people.iter().filter(|name| linked(name).is_some()).collect();
        let winner = answers.iter().position(|answer| *answer == DONE).unwrap();
        assert_eq!(owners, [&people[winner]]);
        // Nor do the others' attempts leave anything.
        let names =
            std::fs::read_dir(STORE).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let left = names.filter(|name| name.ends_with(".identity") || name.contains("own-link")).count();
        assert_eq!(left, 2);
        assert!(Links::system().remove(&account(&people[winner]).name).unwrap());
    }
    // A link whose claim is somebody else's opens nothing.
    script(&env, "", "s-1");
    invite("u0");
    assert_eq!(answer(&talk(&mut env.as_user("u0", HELPER), &request(RECOVERY_CODE)).stdout), DONE);
    let theirs = std::fs::read_dir(STORE).unwrap().map(|entry| entry.unwrap().path());
    let claim = theirs.into_iter().find(|path| path.to_string_lossy().ends_with(".identity")).unwrap();
    std::os::unix::fs::chown(&claim, Some(account("u1").uid.as_raw()), None).unwrap();
    assert!(Links::system().load(&account("u0")).is_err());
    // Its owner can replace it, but not by that identity; another is the way out.
    invite("u0");
    let refused = answer(&talk(&mut env.as_user("u0", HELPER), &request(RECOVERY_CODE)).stdout);
    assert_eq!(refused, Some(Response::NotLinked(LinkRefusal::LinkedElsewhere)));
    script(&env, "", "s-2");
    assert_eq!(answer(&talk(&mut env.as_user("u0", HELPER), &request(RECOVERY_CODE)).stdout), DONE);
    assert_eq!(linked("u0"), Some(identity("s-2")));
}

#[test]
fn whoever_does_not_sign_in_leaves_nothing_and_keeps_the_invitation() {
    let env = Machine::build().config(&settings()).start();
    let file = Template::parse(SYSTEM_STORE).unwrap().locate(&account("bob"));
    let is_as_it_was =
        |file: &InvitationFile| file.refusal(insis_otp::service::system_clock()).unwrap().is_none();
    invite("bob");
    for (why, word) in [(FlowRefusal::Denied, "idp-denied"), (FlowRefusal::Expired, "idp-expired")] {
        script(&env, &format!("echo refused reason={word} detail=; exit"), "s-1");
        let refused = answer(&talk(&mut env.as_user("bob", HELPER), &request(RECOVERY_CODE)).stdout);
        assert_eq!(refused, Some(Response::NotLinked(LinkRefusal::Refused(why, String::new()))));
        let _ = env.syslog().expect(&["link: result=refused", &format!("reason={word} "), "user=bob"]);
    }
    // Proved before anything was offered: nobody was asked to sign in.
    env.write(
        format!("{}/otp-idp", folder()).as_ref(),
        b"#!/bin/sh\nread start\necho proved issuer=68747470733a2f2f78 tenant= subject=73 detail=\n",
        0o755,
    );
    let refused = answer(&talk(&mut env.as_user("bob", HELPER), &request(RECOVERY_CODE)).stdout);
    assert!(matches!(refused, Some(Response::NotLinked(LinkRefusal::Unavailable(..)))), "{refused:?}");
    assert!(is_as_it_was(&file.invitation()) && linked("bob").is_none());
    // Nor does whoever signs in as somebody whom an administrator has linked.
    Links::system().save(&account("anna"), &identity("s-1"), insis_otp::oath::UnixTime(0)).unwrap();
    script(&env, "", "s-1");
    let refused = answer(&talk(&mut env.as_user("bob", HELPER), &request(RECOVERY_CODE)).stdout);
    assert_eq!(refused, Some(Response::NotLinked(LinkRefusal::LinkedElsewhere)));
    assert!(is_as_it_was(&file.invitation()) && linked("bob").is_none());
    assert_eq!(linked("anna"), Some(identity("s-1")));
}

#[test]
fn a_link_is_out_of_reach_like_a_secret_file() {
    let env = Machine::build().config(&settings()).start();
    script(&env, "", "s-bob");
    invite("bob");
    assert_eq!(answer(&talk(&mut env.as_user("bob", HELPER), &request(RECOVERY_CODE)).stdout), DONE);
    let link = format!("{STORE}/.bob.own-link");
    assert!(Path::new(&link).exists());
    env.write("/home/bob/mine".as_ref(), b"x", 0o666);
    for attempt in [
        format!("cat {link}"),
        format!("echo >>{link}"),
        format!("rm -f {link}"),
        format!("mv {link} /home/bob/x"),
        format!("cp /home/bob/mine {link}"),
        format!("ln {link} /home/bob/y"),
        format!("ln /home/bob/mine {STORE}/.anna.own-link"),
        format!("ls {STORE}"),
    ] {
        for user in ["bob", "anna"] {
            let output = env.as_user(user, "bash").args(["-c", &attempt]).output().unwrap();
            assert!(!output.status.success(), "{user}: {attempt}");
        }
    }
    assert_eq!(linked("bob"), Some(identity("s-bob")));
    // Root is never linked, whoever asks.
    let answered = answer(&talk(&mut env.command(HELPER), &request(RECOVERY_CODE)).stdout);
    assert!(!matches!(answered, Some(Response::Done(_)) | None), "{answered:?}");
    assert!(!Path::new(&format!("{STORE}/.root.own-link")).exists());
}

#[test]
fn what_the_proof_was_for_has_to_hold_at_the_end() {
    let env = Machine::build().config(&settings()).start();
    let go = format!("{}/go", folder());
    let wait = format!("while [ ! -e {go} ]; do sleep 0.02; done");
    script(&env, &wait, "s-1");
    let end = |child: Child| {
        std::fs::write(&go, "").unwrap();
        let output = child.wait_with_output().unwrap();
        std::fs::remove_file(&go).unwrap();
        answer(&output.stdout)
    };
    let failed = |response: Option<Response>, why: &str| {
        assert!(matches!(&response, Some(Response::Failed(text)) if text.contains(why)), "{response:?}");
    };
    // Another invitation was given out meanwhile, or it was taken back.
    invite("bob");
    let helper = waits(&env, "bob", RECOVERY_CODE);
    let file = Template::parse(SYSTEM_STORE).unwrap().locate(&account("bob"));
    file.invitation().withdraw().unwrap();
    failed(end(helper), "the invitation was taken back");
    // The device is another one by now, or there is none.
    let anna = Person::enrolled("anna", 1);
    let helper = waits(&env, "anna", RECOVERY_CODE);
    std::fs::remove_file(anna.file.path()).unwrap();
    let _other = Person::enrolled("anna", 2);
    failed(end(helper), "is another phone's by now");
    std::fs::remove_file(anna.file.path()).unwrap();
    let anna = Person::enrolled("anna", 1);
    let helper = waits(&env, "anna", RECOVERY_CODE);
    std::fs::remove_file(anna.file.path()).unwrap();
    assert_eq!(end(helper), Some(Response::NotEnrolled));
    // Root's unlink ends it, also where it is stopped.
    let anna = Person::enrolled("anna", 1);
    let helper = waits(&env, "anna", RECOVERY_CODE);
    run(Command::new("kill").args(["-STOP", &helper.id().to_string()]));
    assert!(!Links::system().remove(&account("anna").name).unwrap());
    assert_eq!(end(helper), None);
    assert_eq!((linked("anna"), linked("bob")), (None, None));
    drop(anna);
}

/// Bob enrolls a phone with that invitation.
fn enrolls(env: &Env, phone: &Person) -> Option<Response> {
    let step = insis_otp::service::system_clock().step(insis_otp::oath::Period::default()).0;
    let credential = Credential::new(RECOVERY_CODE.as_bytes());
    let request = Request::Enroll(phone.new_device(step), credential).encode().to_string();
    Response::decode(&talk(&mut env.as_user("bob", HELPER), &request).stdout).ok()
}

#[test]
fn an_invitation_links_or_enrolls_and_never_both() {
    let env = Machine::build().config(&settings()).start();
    let phone = Person::new("bob", 7, SYSTEM_STORE);
    let go = format!("{}/go", folder());
    script(&env, &format!("while [ ! -e {go} ]; do sleep 0.02; done"), "s-1");
    let is_enrolled = || phone.file.path().exists();
    // While somebody signs in with it, and when they have.
    invite("bob");
    let helper = waits(&env, "bob", RECOVERY_CODE);
    assert!(!matches!(enrolls(&env, &phone), Some(Response::Done(_))) && !is_enrolled());
    std::fs::write(&go, "").unwrap();
    assert_eq!(answer(&helper.wait_with_output().unwrap().stdout), DONE);
    assert!(!matches!(enrolls(&env, &phone), Some(Response::Done(_))) && !is_enrolled());
    assert!(Links::system().remove(&account("bob").name).unwrap());
    // Whoever ends the helper just before its end has used it up.
    std::fs::remove_file(&go).unwrap();
    invite("bob");
    let mut helper = waits(&env, "bob", RECOVERY_CODE);
    run(env.as_user("bob", "kill").args(["-KILL", &helper.id().to_string()]));
    helper.wait().unwrap();
    std::fs::write(&go, "").unwrap();
    assert!(!matches!(enrolls(&env, &phone), Some(Response::Done(_))) && !is_enrolled());
    assert_ne!(answer(&talk(&mut env.as_user("bob", HELPER), &request(RECOVERY_CODE)).stdout), DONE);
    assert_eq!(linked("bob"), None);
    // Nor is it good once more where the link is there, and could not be written to the disk.
    invite("bob");
    let helper = env.as_user("bob", HELPER);
    let calls = Traced::run(&helper, &request(RECOVERY_CODE)).calls;
    let renamed = calls.iter().position(|call| call.name.starts_with("rename")).expect("it moves the link");
    let synced = calls[renamed..].iter().find(|call| call.name == "syncfs").expect("it syncs").clone();
    assert!(Links::system().remove(&account("bob").name).unwrap());
    invite("bob");
    let failed = Traced::inject(&helper, &request(RECOVERY_CODE), &synced, &Fault::Error("EIO"));
    assert_ne!(answer(&failed.output.stdout), DONE);
    assert_eq!(linked("bob"), Some(identity("s-1")));
    assert!(!matches!(enrolls(&env, &phone), Some(Response::Done(_))) && !is_enrolled());
}

#[test]
fn nobody_of_the_same_user_gets_at_otp_idp_from_its_start_on() {
    // Nobody listens there, so that a flow ends as soon as it has begun, and the invitation is as it was.
    let env = Machine::build().config(&provider("https://127.0.0.1:1")).start();
    // Other tests have users of the usual numbers.
    run(Command::new("useradd").args(["--create-home", "--uid", "4711", "mallory"]));
    invite("mallory");
    let seizer = Seizer::start(&env, "mallory", PROGRAM);
    let mut asked = 0;
    for _ in 0..30 {
        let answered = answer(&talk(&mut env.as_user("mallory", HELPER), &request(RECOVERY_CODE)).stdout);
        match answered {
            Some(Response::NotLinked(LinkRefusal::Unavailable(..))) => asked += 1,
            // Who is traced before exec is not given the group, and can do nothing.
            other => panic!("{other:?}"),
        }
    }
    assert!(asked > 0);
    assert_eq!(seizer.end(), [""; 0]);
    // Where the kernel lets everybody look, nobody is linked.
    let own = std::fs::read_to_string("/proc/sys/fs/suid_dumpable").unwrap();
    assert_ne!(own.trim(), "1", "fs.suid_dumpable of this machine");
}
