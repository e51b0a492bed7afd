use proptest::prelude::*;

use super::*;
use crate::oath::{Algorithm, Digits};
use crate::service::{Request, Response};
use crate::verify::ResyncCode;

fn new_device() -> NewDevice {
    let secret = Secret::from_bytes(b"12345678901234567890").unwrap();
    let ParsedReply::Recovery(code) = ParsedReply::parse(b"abcde-fghjk") else { panic!() };
    NewDevice {
        entry: AppEntry {
            key: OtpGenerator::new(
                secret,
                Parameters { algorithm: Algorithm::Sha256, digits: Digits::Eight, ..Parameters::default() },
            ),
            issuer: "InSIS = school".into(),
            account: "alice@host\nx=1".into(),
        },
        first: Code::from_digits(b"00123456").unwrap(),
        second: Code::from_digits(b"99999999").unwrap(),
        recovery: (vec![code; 10], Salt([9; 16])),
    }
}

#[test]
fn requests_arrive_as_they_were_sent() {
    let reply = || Reply::new("123\n=é".as_bytes());
    let requests = [
        Request::Verify(reply()),
        Request::Status,
        Request::Enroll(new_device(), Credential::new("heslo\n=\u{17e}".as_bytes())),
        Request::Enroll(new_device(), Credential::new(b"")),
        Request::Replace(new_device(), reply()),
        Request::Remove(reply()),
        Request::Resync(ResyncCode::First, reply()),
        Request::Resync(ResyncCode::Second, reply()),
        Request::Forget,
        Request::RenewRecoveryCodes(new_device().recovery.0, Salt([1; 16]), reply()),
        Request::Link(reply()),
        Request::Unlink(reply()),
        Request::LinkStatus,
    ];
    for request in requests {
        let text = request.encode();
        let read = Request::decode(text.as_bytes()).unwrap();
        // A line end in a text became a blank; all else is as it was.
        assert_eq!(read.encode(), text);
        assert!(!format!("{read:?}").contains("GEZD") && !format!("{read:?}").contains("104"));
    }
}

fn status() -> Status {
    Status {
        enrolled_at: UnixTime(5),
        issuer: "i".into(),
        account: "a".into(),
        parameters: Parameters {
            algorithm: Algorithm::Sha512,
            digits: Digits::Seven,
            ..Parameters::default()
        },
        drift: Drift(-4),
        last_login: None,
        failures: 2,
        throttled: Some(Seconds(30)),
        single_codes_used_up: false,
        recovery_left: 9,
        bypass: Some(BypassStatus { expires: UnixTime(7), uses: 2 }),
        remembered: vec![UnixTime(4), UnixTime(7)],
    }
}

#[test]
fn what_becomes_of_a_link_arrives_as_it_was_sent() {
    let identity = Identity::new("https://login.example.org", "", "a=b c").unwrap();
    let own = Link { identity, linked_at: UnixTime(9), made_by: LinkMaker::Person };
    let mut link_refusals = LinkRefusal::PLAIN.to_vec();
    link_refusals.extend(FlowRefusal::ALL.map(|why| LinkRefusal::Refused(why, String::new())));
    link_refusals.extend(Unavailability::ALL.map(|why| LinkRefusal::Unavailable(why, "no=route".into())));
    let links = [LinkStatus::None, LinkStatus::ByAdministrator, LinkStatus::Own(own)].map(Response::Link);
    let all = links.into_iter().chain(link_refusals.into_iter().map(Response::NotLinked));
    for answer in all {
        assert_eq!(Response::decode(answer.encode().as_bytes()), Ok(answer));
    }
}

#[test]
fn answers_arrive_as_they_were_sent() {
    let accepted =
        |by| Response::Verdict(Verdict::Accepted(Accepted { by, failures: 7, clock_was_ahead: true }));
    let refused = |why| Response::Verdict(Verdict::Refused(why));
    let answers = [
        accepted(Proof::Code { offset: -1 }),
        accepted(Proof::TwoCodes { offset: 3, drift: Drift(-5) }),
        accepted(Proof::Recovery { left: 2 }),
        accepted(Proof::Bypass { left: 2 }),
        refused(Refusal::Wrong),
        refused(Refusal::Used { wait: Seconds(17) }),
        refused(Refusal::ClockAhead { by: Seconds(1 << 40) }),
        refused(Refusal::OutsideWindow { offset: -4 }),
        refused(Refusal::RecoveryUsed),
        refused(Refusal::SingleCodesUsedUp),
        refused(Refusal::Throttled { wait: Seconds(30) }),
        refused(Refusal::TooSoon { wait: Seconds(30) }),
        refused(Refusal::Malformed(Malformed::ForeignDigits)),
        Response::Status(status()),
        Response::Status(Status {
            last_login: Some(UnixTime(3)),
            throttled: None,
            single_codes_used_up: true,
            remembered: Vec::new(),
            ..status()
        }),
        Response::Done(Drift(2)),
        Response::Noted,
        Response::CodesRefused(EnrollmentRefusal::NotConsecutive),
        Response::Denied(EnrollmentDenial::Password),
        Response::Denied(EnrollmentDenial::PasswordUnchecked("no file".into())),
        Response::Denied(EnrollmentDenial::Invitation(InvitationRefusal::None)),
        Response::Denied(EnrollmentDenial::Invitation(InvitationRefusal::Wrong { left: 3 })),
        Response::Denied(EnrollmentDenial::Invitation(InvitationRefusal::Expired)),
        Response::Denied(EnrollmentDenial::Invitation(InvitationRefusal::UsedUp)),
        Response::Denied(EnrollmentDenial::Off),
        Response::NotEnrolled,
        Response::Exists,
        Response::Failed("no disk".into()),
    ];
    for answer in answers {
        assert_eq!(Response::decode(answer.encode().as_bytes()), Ok(answer));
    }
}

#[test]
fn names_that_steer_terminals_are_not_taken() {
    let text = Request::Enroll(new_device(), Credential::new(b"correct horse")).encode();
    assert!(Request::decode(text.as_bytes()).is_ok());
    for letter in ['\x1b', '\t', '\x7f', '\u{9b}', '\u{9d}'] {
        for key in ["issuer=", "account="] {
            let text = text.replace(key, &format!("{key}{letter}"));
            assert!(Request::decode(text.as_bytes()).is_err(), "{key}{letter:?}");
        }
    }
}

#[test]
fn other_messages_are_not_understood() {
    let cases = [
        "",
        "\n",
        "insis-otp 2 status",
        "insis-otp 1 status\n",
        "insis-otp 2 status\nx=1\n",
        "insis-otp 2 sesame\n",
        "insis-otp 2 verify\n",
        "insis-otp 2 verify\nreply=zz\n",
        "insis-otp 2 verify\nreply=31\nreply=32\n",
        "insis-otp 2 status\r\n",
        "insis-otp 2 verdict\naccepted=magic\nfailures=0\nclock_was_ahead=false\n",
    ];
    for text in cases {
        assert!(
            Request::decode(text.as_bytes()).is_err() && Response::decode(text.as_bytes()).is_err(),
            "{text:?}"
        );
    }
    let long = format!("insis-otp 2 verify\nreply={}\n", "31".repeat(LONGEST));
    assert!(Request::decode(long.as_bytes()).is_err());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut message = b"insis-otp 2 enrol\nsecret=".to_vec();
        message.extend(&bytes);
        let _ = (Request::decode(&message), Request::decode(&bytes), Response::decode(&bytes));
    }
}
