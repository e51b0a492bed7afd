use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::*;
use crate::oath::{OtpGenerator, Parameters, Secret};
use crate::record::{AppEntry, Enrollment};
use crate::store::{Account, Template};
use crate::verify::{ParsedReply, State};

const NOW: UnixTime = UnixTime(1_700_000_000);

fn code(text: &str) -> RecoveryCode {
    match ParsedReply::parse(text.as_bytes()) {
        ParsedReply::Recovery(code) => code,
        other => panic!("{other:?}"),
    }
}

/// A store of root's.
fn with_invitation(test: impl FnOnce(&InvitationFile, &Path, &SecretFile)) {
    assert!(nix::unistd::geteuid().is_root(), "it takes root: make test, or make check without it");
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let account = Account::lookup(&UserName::parse("daemon").unwrap()).unwrap().unwrap();
    let template = format!("{}/%u", folder.path().display());
    let secret_file = Template::parse(&template).unwrap().locate(&account);
    let file = secret_file.invitation();
    issue(&secret_file, "abcde-fghjk").unwrap();
    test(&file, &folder.path().join(".daemon.invitation"), &secret_file);
}

fn issue(file: &SecretFile, text: &str) -> Result<(), StoreError> {
    file.invitation().issue(&code(text), Salt([5; 16]), NOW.plus(Seconds(100)))
}

fn check(file: &InvitationFile, text: &str, at: u64) -> Result<(), InvitationRefusal> {
    file.check(&code(text), UnixTime(NOW.0 + at)).unwrap()
}

#[test]
fn the_code_opens_one_enrollment_in_its_time() {
    with_invitation(|file, path, _| {
        let metadata = path.metadata().unwrap();
        assert_eq!((metadata.mode() & 0o777, metadata.uid(), metadata.nlink()), (0o600, 1, 1));
        assert!(!std::fs::read_to_string(path).unwrap().contains("abcde"));
        assert_eq!(file.refusal(NOW).unwrap(), None);
        assert_eq!(file.refusal(NOW.plus(Seconds(100))).unwrap(), Some(InvitationRefusal::Expired));
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(InvitationFile::secret_file_name(name), Some("daemon"));
        assert_eq!(check(file, "abcde-fghjk", 99), Ok(()));
        assert_eq!(check(file, "abcde-fghjk", 100), Err(InvitationRefusal::Expired));
        // What fails costs nothing, and what succeeds is not done twice.
        let failed = file.redeem(&code("abcde-fghjk"), NOW, |_| Err::<(), _>("no disk"));
        assert_eq!(failed.unwrap(), Ok(Err("no disk")));
        let counted = || std::fs::read_to_string(path).unwrap().lines().last().unwrap().to_owned();
        assert_eq!(counted(), "attempts=00");
        let done = file.redeem(&code("abcde-fghjk"), NOW, |_| {
            assert_eq!(counted(), "attempts=99");
            Ok::<_, ()>(7)
        });
        assert_eq!(done.unwrap(), Ok(Ok(7)));
        assert_eq!(check(file, "abcde-fghjk", 0), Err(InvitationRefusal::UsedUp));
        file.withdraw().unwrap();
        file.withdraw().unwrap();
        assert_eq!(check(file, "abcde-fghjk", 0), Err(InvitationRefusal::None));
    });
}

#[test]
fn wrong_codes_are_charged_before_they_are_compared_and_are_few() {
    with_invitation(|file, path, secret_file| {
        for left in (0..InvitationFile::GUESSES).rev() {
            assert_eq!(check(file, "zzzzz-zzzzz", 0), Err(InvitationRefusal::Wrong { left }));
        }
        assert_eq!(check(file, "abcde-fghjk", 0), Err(InvitationRefusal::UsedUp));
        // A new one takes its place.
        issue(secret_file, "kkkkk-mmmmm").unwrap();
        assert!(matches!(check(file, "abcde-fghjk", 0), Err(InvitationRefusal::Wrong { left: 9 })));
        assert_eq!(check(file, "kkkkk-mmmmm", 0), Ok(()));
        // While somebody else is at it, nothing is compared.
        let held = files::open(path, Access::Update).unwrap().0;
        let held = Flock::lock(held, FlockArg::LockExclusiveNonblock).unwrap();
        let busy = file.check(&code("kkkkk-mmmmm"), NOW).unwrap_err();
        assert!(matches!(busy.cause, Cause::Busy { .. }), "{busy}");
        drop(held);
    });
}

fn enrollment() -> Enrollment {
    let secret = Secret::from_bytes(&[1; 20]).unwrap();
    Enrollment {
        user: UserName::parse("daemon").unwrap(),
        entry: AppEntry {
            key: OtpGenerator::new(secret, Parameters::default()),
            issuer: "host".into(),
            account: "daemon".into(),
        },
        enrolled_at: NOW,
        recovery: RecoveryCodes::default(),
    }
}

/// Whoever has the code of an invitation may stop their process anywhere, and let it go on much later.
#[test]
fn a_new_invitation_stops_an_enrollment_that_goes_on_with_the_former_one() {
    with_invitation(|file, _, secret_file| {
        let enroll = |still: StillHolds<'_>| {
            issue(secret_file, "kkkkk-mmmmm").unwrap();
            secret_file.create_if(&enrollment(), &State::default(), still)
        };
        let outcome = file.redeem(&code("abcde-fghjk"), NOW, enroll).unwrap().unwrap();
        assert!(outcome.unwrap_err().to_string().contains("taken back"));
        // Stopped when it had asked, and only its place was missing.
        let enroll = |still: StillHolds<'_>| {
            secret_file.create_if(&enrollment(), &State::default(), &|| {
                still()?;
                issue(secret_file, "abcde-fghjk").map_err(|error| error.cause)
            })
        };
        let outcome = file.redeem(&code("kkkkk-mmmmm"), NOW, enroll).unwrap().unwrap();
        assert!(matches!(outcome.unwrap_err().cause, Cause::Os { .. }));
        assert!(secret_file.read().unwrap_err().is_not_enrolled());
        // The last one is good, and none is given to somebody who has enrolled.
        let enroll = |still: StillHolds<'_>| secret_file.create_if(&enrollment(), &State::default(), still);
        file.redeem(&code("abcde-fghjk"), NOW, enroll).unwrap().unwrap().unwrap();
        assert!(matches!(issue(secret_file, "kkkkk-mmmmm").unwrap_err().cause, Cause::Exists));
        secret_file.read().unwrap();
    });
}

#[test]
fn only_a_file_of_its_own_form_and_owner_is_an_invitation() {
    with_invitation(|file, path, _| {
        let right = std::fs::read_to_string(path).unwrap();
        let refused = |text: &str| {
            std::fs::write(path, text).unwrap();
            file.refusal(NOW).is_err()
        };
        assert!(!refused(&right));
        for (from, to) in [
            ("insis-otp invitation 1", "insis-otp invitation 2"),
            ("user=daemon", "user=anna"),
            ("user=daemon", "user=../daemon"),
            ("salt=05", "salt=5"),
            ("salt=05", "salt=XY"),
            ("hash=", "hash=00"),
            ("expires=1", "expires=+1"),
            ("expires=", "expires=99999999999999999999"),
            ("attempts=00", "attempts=0"),
            ("attempts=00", "attempts=-1"),
            ("attempts=00\n", "attempts=00"),
            ("attempts=00\n", "attempts=00\nmore=1\n"),
            ("\nuser", "\n\nuser"),
        ] {
            assert!(right.contains(from) && refused(&right.replace(from, to)), "{from:?} -> {to:?}");
        }
        assert!(refused("") && refused(&right.repeat(9)));
        assert!(!refused(&right));
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o640)).unwrap();
        assert!(file.refusal(NOW).is_err());
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
        std::os::unix::fs::chown(path, Some(0), None).unwrap();
        assert!(file.refusal(NOW).is_err());
        std::fs::remove_file(path).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", path).unwrap();
        assert!(file.refusal(NOW).is_err());
    });
}
