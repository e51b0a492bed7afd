//! The LDAP messages that are sent and understood (RFC 4511): bind, search, modify, StartTLS, unbind.

use zeroize::Zeroizing;

use crate::ber::{BOOLEAN, ENUMERATED, INTEGER, Malformed, OCTET_STRING, Reader, SEQUENCE, SET, Writer};

/// Who this host is to the directory.
#[derive(Clone)]
pub enum Identity {
    /// The owner of the client certificate (SASL EXTERNAL, RFC 4422).
    External,
    /// A distinguished name and its password.
    Simple {
        /// The name.
        dn: String,
        /// The password.
        password: Zeroizing<String>,
    },
}

/// What is sent.
#[derive(Debug)]
pub enum Request<'r> {
    /// To say who asks.
    Bind(&'r Identity),
    /// To go on with TLS.
    StartTls,
    /// To read an entry.
    Read {
        /// Its name.
        dn: &'r str,
        /// What of it.
        attributes: &'r [&'r str],
    },
    /// To look entries up.
    Search(&'r Search<'r>),
    /// To change an entry.
    Modify {
        /// Its name.
        dn: &'r str,
        /// What changes, all or nothing, in this order.
        changes: &'r [Change<'r>],
    },
}

/// What entries are looked for, below a base.
#[derive(Clone, Debug)]
pub struct Search<'r> {
    /// Where.
    pub base: &'r str,
    /// Which: one of these has to be so.
    pub any_of: &'r [Condition<'r>],
    /// What of them.
    pub attributes: &'r [&'r str],
    /// How many at the most; 0: any number.
    pub most: u32,
    /// The size of a page, and what the server said of the one before (RFC 2696).
    pub page: Option<(u32, &'r [u8])>,
    /// How long the server may take, in seconds.
    pub seconds: u32,
}

/// What an entry has to have.
#[derive(Clone, Copy, Debug)]
pub enum Condition<'r> {
    /// An attribute with this value.
    Equal(&'r str, &'r [u8]),
    /// An attribute with any value.
    Present(&'r str),
}

/// A change to an attribute.
#[derive(Clone, Debug)]
pub struct Change<'r> {
    /// What becomes of the values.
    pub kind: Kind,
    /// The attribute.
    pub attribute: &'r str,
    /// The values.
    pub values: Vec<&'r [u8]>,
}

/// What becomes of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// They are added, and must not be there.
    Add = 0,
    /// They are removed, and must be there.
    Delete = 1,
    /// They are there afterwards, and no others.
    Replace = 2,
}

/// What is received.
#[derive(Debug)]
pub enum Response<'m> {
    /// An entry that was found.
    Entry(FoundEntry<'m>),
    /// Another server has more: it is not asked.
    Reference,
    /// The end of what was asked.
    Done {
        /// What became of it.
        code: u32,
        /// What the server says of it.
        message: &'m [u8],
        /// What to ask the next page with.
        cookie: Option<&'m [u8]>,
    },
}

/// An entry as it was found.
#[derive(Clone, Copy, Debug)]
pub struct FoundEntry<'m> {
    /// Its name.
    pub dn: &'m str,
    attributes: Reader<'m>,
}

const PAGED_RESULTS: &[u8] = b"1.2.840.113556.1.4.319";
const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";
const BASE_OBJECT: u32 = 0;
const SUBTREE: u32 = 2;

/// The tag of a Modify request.
pub const MODIFY_REQUEST: u8 = 0x66;
/// The tag of a search request.
pub const SEARCH_REQUEST: u8 = 0x63;

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::External => f.write_str("External"),
            Self::Simple { dn, .. } => write!(f, "Simple({dn}, redacted)"),
        }
    }
}

impl Request<'_> {
    /// The message with this number; `None` where it is too long.
    #[must_use]
    pub fn encode(&self, number: u32) -> Option<Zeroizing<Vec<u8>>> {
        let mut writer = Writer::new();
        writer.within(SEQUENCE, |writer| {
            writer.number(INTEGER, number);
            self.write(writer);
            if let Self::Search(Search { page: Some((size, cookie)), .. }) = self {
                write_page(writer, *size, cookie);
            }
        });
        writer.finish()
    }

    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Bind(identity) => writer.within(0x60, |writer| {
                writer.number(INTEGER, 3);
                match identity {
                    Identity::External => {
                        writer.bytes(OCTET_STRING, b"");
                        // Without credentials, empty ones here, the server would ask for them.
                        writer.within(0xa3, |writer| {
                            writer.bytes(OCTET_STRING, b"EXTERNAL");
                            writer.bytes(OCTET_STRING, b"");
                        });
                    }
                    Identity::Simple { dn, password } => {
                        writer.bytes(OCTET_STRING, dn.as_bytes());
                        writer.bytes(0x80, password.as_bytes());
                    }
                }
            }),
            Self::StartTls => writer.within(0x77, |writer| writer.bytes(0x80, START_TLS)),
            Self::Read { dn, attributes } => write_read(writer, dn, attributes),
            Self::Search(search) => search.write(writer),
            Self::Modify { dn, changes } => writer.within(MODIFY_REQUEST, |writer| {
                writer.bytes(OCTET_STRING, dn.as_bytes());
                writer.within(SEQUENCE, |writer| changes.iter().for_each(|change| change.write(writer)));
            }),
        }
    }
}

impl Search<'_> {
    fn write(&self, writer: &mut Writer) {
        writer.within(SEARCH_REQUEST, |writer| {
            writer.bytes(OCTET_STRING, self.base.as_bytes());
            writer.number(ENUMERATED, SUBTREE);
            // Aliases are not followed.
            writer.number(ENUMERATED, 0);
            writer.number(INTEGER, self.most);
            writer.number(INTEGER, self.seconds);
            writer.bytes(BOOLEAN, &[0]);
            writer.within(0xa1, |writer| self.any_of.iter().for_each(|condition| condition.write(writer)));
            writer.within(SEQUENCE, |writer| {
                self.attributes.iter().for_each(|name| writer.bytes(OCTET_STRING, name.as_bytes()));
            });
        });
    }
}

/// A search for the base alone, whatever it is.
fn write_read(writer: &mut Writer, dn: &str, attributes: &[&str]) {
    writer.within(SEARCH_REQUEST, |writer| {
        writer.bytes(OCTET_STRING, dn.as_bytes());
        // Aliases are not followed.
        for number in [BASE_OBJECT, 0] {
            writer.number(ENUMERATED, number);
        }
        for number in [1, 2] {
            writer.number(INTEGER, number);
        }
        writer.bytes(BOOLEAN, &[0]);
        Condition::Present("objectClass").write(writer);
        writer.within(SEQUENCE, |writer| {
            attributes.iter().for_each(|name| writer.bytes(OCTET_STRING, name.as_bytes()));
        });
    });
}

impl Condition<'_> {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Equal(attribute, value) => writer.within(0xa3, |writer| {
                writer.bytes(OCTET_STRING, attribute.as_bytes());
                writer.bytes(OCTET_STRING, value);
            }),
            Self::Present(attribute) => writer.bytes(0x87, attribute.as_bytes()),
        }
    }
}

impl Change<'_> {
    fn write(&self, writer: &mut Writer) {
        writer.within(SEQUENCE, |writer| {
            writer.number(ENUMERATED, self.kind as u32);
            writer.within(SEQUENCE, |writer| {
                writer.bytes(OCTET_STRING, self.attribute.as_bytes());
                writer.within(SET, |writer| {
                    self.values.iter().for_each(|value| writer.bytes(OCTET_STRING, value));
                });
            });
        });
    }
}

fn write_page(writer: &mut Writer, size: u32, cookie: &[u8]) {
    writer.within(0xa0, |writer| {
        writer.within(SEQUENCE, |writer| {
            writer.bytes(OCTET_STRING, PAGED_RESULTS);
            writer.bytes(BOOLEAN, &[0xff]);
            writer.within(OCTET_STRING, |writer| {
                writer.within(SEQUENCE, |writer| {
                    writer.number(INTEGER, size);
                    writer.bytes(OCTET_STRING, cookie);
                });
            });
        });
    });
}

/// The message that ends a connection in order.
pub const UNBIND: &[u8] = &[SEQUENCE, 5, INTEGER, 1, 0x7f, 0x42, 0];

impl<'m> Response<'m> {
    /// Reads a message; with its number, which is 0 for one that nobody has asked for.
    ///
    /// # Errors
    /// It is none, or none that is expected here.
    pub fn decode(message: &'m [u8]) -> Result<(u32, Self), Malformed> {
        let mut outer = Reader::new(message);
        let mut reader = outer.within(SEQUENCE)?;
        let number = reader.number(INTEGER)?;
        let (tag, content) = reader.element()?;
        let mut content = Reader::new(content);
        let response = match tag {
            0x64 => Self::Entry(FoundEntry {
                dn: std::str::from_utf8(content.expect(OCTET_STRING)?).map_err(|_| Malformed)?,
                attributes: content.within(SEQUENCE)?,
            }),
            0x73 => Self::Reference,
            // Of a bind, a search, a modification, an extended operation.
            0x61 | 0x65 | 0x67 | 0x78 => {
                let code = content.number(ENUMERATED)?;
                content.expect(OCTET_STRING)?;
                let message = content.expect(OCTET_STRING)?;
                Self::Done { code, message, cookie: cookie(reader)? }
            }
            _ => return Err(Malformed),
        };
        if outer.is_empty() { Ok((number, response)) } else { Err(Malformed) }
    }
}

/// What the controls of a message say of the next page.
fn cookie(mut message: Reader<'_>) -> Result<Option<&[u8]>, Malformed> {
    let Some(controls) = message.optional(0xa0)? else { return Ok(None) };
    let mut controls = Reader::new(controls);
    while !controls.is_empty() {
        let mut control = controls.within(SEQUENCE)?;
        let kind = control.expect(OCTET_STRING)?;
        control.optional(BOOLEAN)?;
        if kind == PAGED_RESULTS {
            let mut value = Reader::new(control.expect(OCTET_STRING)?).within(SEQUENCE)?;
            value.number(INTEGER)?;
            return value.expect(OCTET_STRING).map(Some);
        }
    }
    Ok(None)
}

impl<'m> FoundEntry<'m> {
    /// Hands each attribute with each of its values on.
    ///
    /// # Errors
    /// They are not encoded as they have to be.
    pub fn each(&self, take: &mut dyn FnMut(&'m [u8], &'m [u8])) -> Result<(), Malformed> {
        let mut attributes = self.attributes;
        while !attributes.is_empty() {
            let mut attribute = attributes.within(SEQUENCE)?;
            let name = attribute.expect(OCTET_STRING)?;
            let mut values = attribute.within(SET)?;
            while !values.is_empty() {
                take(name, values.expect(OCTET_STRING)?);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), tag: u8) {
            let mut writer = Writer::new();
            writer.within(SEQUENCE, |writer| {
                writer.number(INTEGER, 1);
                writer.bytes(tag, &bytes);
            });
            for message in [&bytes[..], &writer.finish().unwrap()] {
                if let Ok((_, Response::Entry(entry))) = Response::decode(message) {
                    let _ = entry.each(&mut |_, _| {});
                }
            }
        }
    }

    #[test]
    fn a_result_is_read_with_the_cookie_of_the_next_page() {
        let message = b"\x30\x33\x02\x01\x02\x65\x07\x0a\x01\x00\x04\x00\x04\x00\xa0\x25\x30\x23\x04\x161.2.840.113556.1.4.319\x04\x09\x30\x07\x02\x01\x00\x04\x02ab";
        let (number, response) = Response::decode(message).unwrap();
        assert_eq!(number, 2);
        assert!(
            matches!(response, Response::Done { code: 0, message: b"", cookie: Some(b"ab") }),
            "{response:?}"
        );
        assert!(Response::decode(&message[..message.len() - 1]).is_err());
    }

    #[test]
    fn a_password_is_not_shown() {
        let identity = Identity::Simple { dn: "cn=host".into(), password: "geheim".to_owned().into() };
        assert!(!format!("{:?}", Request::Bind(&identity)).contains("geheim"));
    }
}
