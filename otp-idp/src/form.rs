//! What is sent: `application/x-www-form-urlencoded`, and HTTP Basic authentication.

use std::fmt;

use data_encoding::BASE64;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// The parameters of a request. Some are secret, so that it is wiped when it is dropped and not shown.
#[derive(Clone, Default)]
pub struct Form(Zeroizing<String>);

impl Form {
    /// With one more parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        // Three bytes for one at the most, in one piece: a text that grows leaves copies behind.
        let mut longer =
            Zeroizing::new(String::with_capacity(self.0.len() + 2 + 3 * (name.len() + value.len())));
        longer.push_str(&self.0);
        if !longer.is_empty() {
            longer.push('&');
        }
        encode(name, &mut longer);
        longer.push('=');
        encode(value, &mut longer);
        self.0 = longer;
        self
    }

    /// What is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Form(…)")
    }
}

/// The header by which a client says who it is (RFC 6749, section 2.3.1).
#[must_use]
pub fn basic(client_id: &str, secret: &Secret) -> Secret {
    let mut pair = Zeroizing::new(String::with_capacity(1 + 3 * (client_id.len() + secret.reveal().len())));
    encode(client_id, &mut pair);
    pair.push(':');
    encode(secret.reveal(), &mut pair);
    let mut header = Zeroizing::new(String::with_capacity(10 + pair.len() * 4 / 3));
    header.push_str("Basic ");
    BASE64.encode_append(pair.as_bytes(), &mut header);
    Secret::new(&header)
}

fn encode(text: &str, into: &mut String) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let digit = |value: u8| DIGITS.get(usize::from(value & 15)).copied().unwrap_or('0');
    for byte in text.bytes() {
        match byte {
            b' ' => into.push('+'),
            _ if byte.is_ascii_alphanumeric() || b"-._*".contains(&byte) => into.push(char::from(byte)),
            _ => into.extend(['%', digit(byte >> 4), digit(byte)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_cannot_become_others() {
        let form = Form::default().with("scope", "openid profile").with("a", "1&b=2%\u{17e}");
        assert_eq!(form.as_str(), "scope=openid+profile&a=1%26b%3D2%25%C5%BE");
        assert_eq!(format!("{form:?}"), "Form(…)");
    }

    #[test]
    fn a_client_says_who_it_is() {
        let header = basic("otp", &Secret::new("a:b"));
        assert_eq!(header.reveal(), "Basic b3RwOmElM0Fi");
    }
}
