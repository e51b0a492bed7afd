//! How a person reaches the directory: `otp-helper` asks `otp-fleet` for them, and `otp-fleet` asks back what it cannot find out.
//!
//! `otp-fleet` decides, with the site's rules, what the person may do ([`Authority::User`](super::Authority)). That a password is
//! right, or who has signed in at the identity provider, it cannot learn: PAM's modules and `otp-idp` are started by
//! `otp-helper`. So each of these is a question of [`FleetQuestion`], which comes before the response, and an empty line ends each message.
//! The two programs trust each other: nobody else has the group with which `otp-helper` starts `otp-fleet`.

use std::io::{self, ErrorKind, Read};
use std::time::Instant;

use zeroize::Zeroizing;

use super::client::{read_until, send_all, with_program};
use super::codec::{Fields, LONGEST, Writer};
use super::{
    EnrollmentDenial, FleetClient, FleetOperation, FleetRequest, HelperError, LinkRefusal, NotUnderstood,
    Request, Response, SelfService,
};
use crate::identity::Identity;
use crate::record::UserName;

/// The end of each message of this conversation.
const END: &[u8] = b"\n\n";

/// What `otp-fleet` has to know while it does something for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FleetQuestion {
    /// Whether what the person has shown is their password.
    Password,
    /// Whether people can link themselves to the site's provider.
    CanLink,
    /// Who signs in there.
    SignIn,
}

/// What it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FleetAnswer {
    /// It is so.
    Yes,
    /// Who has signed in.
    SignedIn(Identity),
    /// There is no leave to enroll.
    Denied(EnrollmentDenial),
    /// There is no link to be made.
    NotLinked(LinkRefusal),
}

impl FleetQuestion {
    const ALL: [Self; 3] = [Self::Password, Self::CanLink, Self::SignIn];

    const fn word(self) -> &'static str {
        match self {
            Self::Password => "is-password",
            Self::CanLink => "can-link",
            Self::SignIn => "sign-in",
        }
    }

    /// The question as text.
    #[must_use]
    pub fn encode(self) -> Zeroizing<String> {
        Writer::new(self.word()).text
    }

    /// The question in a message, if it is one.
    fn decode(text: &[u8]) -> Option<Self> {
        let fields = Fields::read(text).ok()?;
        let question = Self::ALL.into_iter().find(|question| question.word() == fields.kind)?;
        fields.finish(question).ok()
    }
}

impl FleetAnswer {
    /// The answer as text.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<String> {
        match self {
            Self::Yes => Writer::new("yes").text,
            Self::SignedIn(identity) => {
                let mut message = Writer::new("signed-in");
                message.field("issuer", identity.issuer());
                message.field("tenant", identity.tenant());
                message.field("subject", identity.subject());
                message.text
            }
            Self::Denied(why) => Response::Denied(why.clone()).encode(),
            Self::NotLinked(why) => Response::NotLinked(why.clone()).encode(),
        }
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// It is not one, or anything in it is out of range.
    pub fn decode(text: &[u8]) -> Result<Self, NotUnderstood> {
        let mut fields = Fields::read(text)?;
        let answer = match fields.kind {
            "yes" => Self::Yes,
            "signed-in" => {
                let (issuer, tenant) = (fields.take("issuer")?, fields.take("tenant")?);
                let identity = Identity::new(issuer, tenant, fields.take("subject")?);
                Self::SignedIn(identity.map_err(|_| NotUnderstood)?)
            }
            _ => {
                return match Response::decode(text)? {
                    Response::Denied(why) => Ok(Self::Denied(why)),
                    Response::NotLinked(why) => Ok(Self::NotLinked(why)),
                    _ => Err(NotUnderstood),
                };
            }
        };
        fields.finish(answer)
    }
}

impl FleetClient {
    /// Asks for the person whose process this is, and answers what `otp-fleet` asks back. `started` is called when the program runs,
    /// and before it is asked anything.
    ///
    /// # Errors
    /// The program cannot be started, or does not respond in time. Then it may have been done.
    pub fn ask_for_person(
        &self,
        request: &Request,
        site: &SelfService<'_>,
        started: &dyn Fn() -> io::Result<()>,
    ) -> Result<Response, HelperError> {
        let asked = FleetRequest {
            user: self.user().clone(),
            operation: FleetOperation::Manage(request.clone()),
            source: None,
        };
        let text = with_program(self.program(), |socket| {
            started()?;
            send_all(socket, &asked.encode())?;
            send_all(socket, "\n")?;
            loop {
                let message = read_until(socket, END, Instant::now() + self.deadline())?;
                let Some(question) = FleetQuestion::decode(strip_end(&message)) else { return Ok(message) };
                send_all(socket, &answer(question, self.user(), request, site).encode())?;
                send_all(socket, "\n")?;
            }
        })?;
        Response::decode(&text).map_err(|error| HelperError::nonsense(self.program(), error))
    }
}

/// Finds out what is asked.
fn answer(
    question: FleetQuestion,
    user: &UserName,
    request: &Request,
    site: &SelfService<'_>,
) -> FleetAnswer {
    match (question, request) {
        (FleetQuestion::Password, Request::Enroll(_, credential)) => {
            (site.check_password)(user, credential).map_or_else(FleetAnswer::Denied, |()| FleetAnswer::Yes)
        }
        // Nothing was shown.
        (FleetQuestion::Password, _) => FleetAnswer::Denied(EnrollmentDenial::Password),
        (FleetQuestion::CanLink, _) => {
            site.provider.can_link().map_or_else(FleetAnswer::NotLinked, |()| FleetAnswer::Yes)
        }
        (FleetQuestion::SignIn, _) => {
            site.provider.sign_in().map_or_else(FleetAnswer::NotLinked, FleetAnswer::SignedIn)
        }
    }
}

/// A message without the empty line that ends it.
fn strip_end(message: &[u8]) -> &[u8] {
    message.strip_suffix(b"\n").filter(|rest| rest.ends_with(b"\n")).unwrap_or(message)
}

/// Reads a message to the empty line that ends it, or to the end of the input; without that line.
///
/// # Errors
/// It cannot be read, or is too long.
pub fn read_message(input: &mut dyn Read) -> io::Result<Zeroizing<Vec<u8>>> {
    // Of the final size at once, so that no grown-out-of copy of a secret is left behind.
    let mut text = Zeroizing::new(Vec::with_capacity(LONGEST + 2));
    let mut byte = [0];
    while !text.ends_with(END) {
        match input.read(&mut byte) {
            Ok(0) => return Ok(text),
            Ok(_) if text.len() > LONGEST => return Err(ErrorKind::InvalidData.into()),
            Ok(_) => text.extend_from_slice(&byte),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    text.pop();
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{FlowRefusal, Unavailability};
    use crate::store::InvitationRefusal;

    #[test]
    fn questions_and_answers_arrive() {
        for question in FleetQuestion::ALL {
            let text = question.encode();
            assert_eq!(FleetQuestion::decode(text.as_bytes()), Some(question));
            assert!(Response::decode(text.as_bytes()).is_err() && Request::decode(text.as_bytes()).is_err());
        }
        let identity = Identity::new("https://login.example.org", "t", "a=b c").unwrap();
        for answer in [
            FleetAnswer::Yes,
            FleetAnswer::SignedIn(identity),
            FleetAnswer::Denied(EnrollmentDenial::Password),
            FleetAnswer::Denied(EnrollmentDenial::PasswordUnchecked("no service".into())),
            FleetAnswer::Denied(EnrollmentDenial::Invitation(InvitationRefusal::None)),
            FleetAnswer::NotLinked(LinkRefusal::NoProvider),
            FleetAnswer::NotLinked(LinkRefusal::Refused(FlowRefusal::ALL[0], "why".into())),
            FleetAnswer::NotLinked(LinkRefusal::Unavailable(Unavailability::Settings, "why".into())),
        ] {
            assert_eq!(FleetAnswer::decode(answer.encode().as_bytes()), Ok(answer));
        }
        for wrong in ["insis-otp 2 yes\nx=1\n", "insis-otp 2 signed-in\n", "insis-otp 2 noted\n", "yes\n"] {
            assert!(FleetAnswer::decode(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert_eq!(FleetQuestion::decode(b"insis-otp 2 sign-in\nuser=anna\n"), None);
    }

    #[test]
    fn a_message_ends_with_an_empty_line_or_with_the_input() {
        let read = |text: &[u8]| read_message(&mut &*text).map(|text| text.to_vec());
        assert_eq!(read(b"a\nb=1\n\nmore\n").unwrap(), b"a\nb=1\n");
        assert_eq!(read(b"a\nb=1\n").unwrap(), b"a\nb=1\n");
        assert_eq!(read(b"").unwrap(), b"");
        assert!(read(&[b'a'; 2 * LONGEST]).is_err());
    }
}
