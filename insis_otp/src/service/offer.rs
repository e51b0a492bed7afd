//! What comes before a response where a person has to do something elsewhere.

use zeroize::Zeroizing;

use super::NotUnderstood;
use super::codec::{Fields, Writer};

/// Where a person has to sign in, and with what code, before there can be a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The address: printable ASCII.
    pub uri: String,
    /// The user code: printable ASCII.
    pub code: String,
    /// How long the person has, in seconds.
    pub seconds: u64,
}

impl Offer {
    /// What ends an offer, and stands in no response.
    pub const END: &str = "\n\n";

    const LONGEST_URI: usize = 200;
    const LONGEST_CODE: usize = 32;

    /// The offer as text, with its end.
    #[must_use]
    pub fn encode(&self) -> Zeroizing<String> {
        let mut message = Writer::new("offer");
        message.text_field("uri", &self.uri);
        message.text_field("code", &self.code);
        message.field("seconds", self.seconds);
        message.text.push('\n');
        message.text
    }

    /// Reads an offer, with its end.
    ///
    /// # Errors
    /// It is not one, or what is shown to people is not printable ASCII.
    pub fn decode(text: &[u8]) -> Result<Self, NotUnderstood> {
        let mut fields = Fields::read(text.strip_suffix(b"\n").ok_or(NotUnderstood)?)?;
        if fields.kind != "offer" {
            return Err(NotUnderstood);
        }
        let uri = shown(fields.take("uri")?, Self::LONGEST_URI)?;
        let code = shown(fields.take("code")?, Self::LONGEST_CODE)?;
        let seconds = fields.parse("seconds")?;
        fields.finish(Self { uri, code, seconds })
    }
}

fn shown(text: &str, longest: usize) -> Result<String, NotUnderstood> {
    let is_plain =
        (1..=longest).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if is_plain { Ok(text.to_owned()) } else { Err(NotUnderstood) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Response;

    #[test]
    fn an_offer_is_no_response_and_steers_no_terminal() {
        let offer = Offer { uri: "https://x.example/device".into(), code: "AB CD=1".into(), seconds: 90 };
        let text = offer.encode();
        assert_eq!(*text, "insis-otp 2 offer\nuri=https://x.example/device\ncode=AB CD=1\nseconds=90\n\n");
        assert_eq!(Offer::decode(text.as_bytes()), Ok(offer.clone()));
        assert!(text.ends_with(Offer::END) && Response::decode(text.as_bytes()).is_err());
        assert!(Response::decode(text.trim_end().as_bytes()).is_err());
        assert!(Offer::decode(Response::Noted.encode().as_bytes()).is_err());
        for (from, to) in [
            ("x.example", "x\u{1b}[2J"),
            ("AB", "\u{17e}"),
            ("AB CD=1", ""),
            ("90", "x"),
            ("seconds=90\n", ""),
            ("\n\n", "\nmore=1\n\n"),
            ("\n\n", "\n"),
            ("x.example", &"x".repeat(200)),
        ] {
            assert_eq!(Offer::decode(text.replace(from, to).as_bytes()), Err(NotUnderstood), "{from} {to}");
        }
    }
}
