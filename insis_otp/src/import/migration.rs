//! Google Authenticator's export: `otpauth-migration://offline?data=…`, base64 of a protocol buffer. What it holds was
//! read from exports; nobody has published it.

use crate::oath::{Algorithm, Digits, InvalidParameter, OtpGenerator, Parameters, Secret};
use data_encoding::BASE64_NOPAD;
use zeroize::Zeroizing;

use super::{Found, Taken, Unusable};

/// Reads an export: one entry or many.
pub fn read(uri: &str) -> Result<Vec<Found>, Unusable> {
    let uri = uri.trim_start_matches('\u{feff}').trim();
    let (head, query) = uri.split_once('?').ok_or(Unusable::Form)?;
    if !head.trim_end_matches('/').eq_ignore_ascii_case("otpauth-migration://offline") {
        return Err(Unusable::Form);
    }
    let mut data = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, data) = data.find(|(name, _)| name.eq_ignore_ascii_case("data")).ok_or(Unusable::Form)?;
    let payload = BASE64_NOPAD.decode(&alphabet(data)).map(Zeroizing::new).map_err(|_| Unusable::Form)?;
    let mut found = Vec::new();
    for field in Fields(&payload) {
        if let (1, Value::Bytes(entry)) = field? {
            found.push(read_entry(entry)?);
        }
    }
    Ok(found)
}

/// Base64 in its first alphabet, without padding and line ends, of either alphabet in percent-encoding.
fn alphabet(data: &str) -> Zeroizing<Vec<u8>> {
    let mut base64 = Zeroizing::new(Vec::with_capacity(data.len()));
    let mut bytes = data.bytes();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => {
                let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
                // What is broken here is no letter of base64.
                let letter = digit(bytes.next()).zip(digit(bytes.next())).map(|(high, low)| high << 4 | low);
                letter.and_then(|letter| u8::try_from(letter).ok()).unwrap_or(b'%')
            }
            // A plus sign that went through a form.
            b' ' => b'+',
            byte => byte,
        };
        match byte {
            b'-' => base64.push(b'+'),
            b'_' => base64.push(b'/'),
            b'=' | b'\r' | b'\n' => {}
            byte => base64.push(byte),
        }
    }
    base64
}

fn read_entry(entry: &[u8]) -> Result<Found, Unusable> {
    let (mut secret, mut name, mut issuer) = (&[][..], String::new(), String::new());
    let (mut algorithm, mut digits, mut kind) = (0, 0, 0);
    for field in Fields(entry) {
        match field? {
            (1, Value::Bytes(bytes)) => secret = bytes,
            (2, Value::Bytes(bytes)) => name = String::from_utf8_lossy(bytes).into_owned(),
            (3, Value::Bytes(bytes)) => issuer = String::from_utf8_lossy(bytes).into_owned(),
            (4, Value::Number(number)) => algorithm = number,
            (5, Value::Number(number)) => digits = number,
            (6, Value::Number(number)) => kind = number,
            _ => {}
        }
    }
    // The name repeats the issuer, as labels do.
    let account = name.split_once(':').map_or(name.as_str(), |(_, account)| account).trim().to_owned();
    let taken = take(secret, algorithm, digits, kind);
    Ok(Found { names: Some((issuer, account)), ..Found::new(taken) })
}

fn take(secret: &[u8], algorithm: u64, digits: u64, kind: u64) -> Result<Taken, Unusable> {
    if kind == 1 {
        return Err(Unusable::Counter);
    }
    let algorithm = match algorithm {
        0 | 1 => Algorithm::Sha1,
        2 => Algorithm::Sha256,
        3 => Algorithm::Sha512,
        _ => return Err(Unusable::Parameter(InvalidParameter("the algorithm is not known"))),
    };
    let digits = match digits {
        0 | 1 => Digits::Six,
        2 => Digits::Eight,
        _ => return Err(Unusable::Parameter(InvalidParameter("the number of digits is not known"))),
    };
    let secret = Secret::existing_from_bytes(secret)?;
    Ok(Taken::of(OtpGenerator::new(secret, Parameters { algorithm, digits, ..Parameters::default() })))
}

/// The fields of a protocol buffer, in order.
struct Fields<'b>(&'b [u8]);

enum Value<'b> {
    Number(u64),
    Bytes(&'b [u8]),
}

impl<'b> Fields<'b> {
    fn number(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for group in 0..10 {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7F).checked_shl(7 * group)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn bytes(&mut self, length: usize) -> Option<&'b [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn field(&mut self) -> Option<(u64, Value<'b>)> {
        let tag = self.number()?;
        let value = match tag & 7 {
            0 => Value::Number(self.number()?),
            1 => Value::Bytes(self.bytes(8)?),
            2 => {
                let length = usize::try_from(self.number()?).ok()?;
                Value::Bytes(self.bytes(length)?)
            }
            5 => Value::Bytes(self.bytes(4)?),
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

impl<'b> Iterator for Fields<'b> {
    type Item = Result<(u64, Value<'b>), Unusable>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field().ok_or(Unusable::Form);
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;
    use proptest::prelude::*;

    use super::*;

    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
    }

    fn export(entries: &[Vec<u8>]) -> String {
        let payload: Vec<u8> =
            entries.iter().flat_map(|entry| field(1, entry)).chain([0x10, 1, 0x18, 1]).collect();
        let data = BASE64.encode(&payload).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        format!("otpauth-migration://offline?data={data}")
    }

    fn entry(algorithm: u8, digits: u8, kind: u8) -> Vec<u8> {
        [
            field(1, b"12345678901234567890"),
            field(2, b"Example:anna@x"),
            field(3, b"Example"),
            vec![0x20, algorithm, 0x28, digits, 0x30, kind],
        ]
        .concat()
    }

    #[test]
    fn exports_are_read() {
        let found = read(&export(&[entry(1, 1, 2), entry(2, 2, 2), entry(1, 1, 1), entry(4, 1, 2)])).unwrap();
        assert_eq!(found.len(), 4);
        assert_eq!(found[0].names, Some(("Example".into(), "anna@x".into())));
        let key = &found[1].taken.as_ref().unwrap().key;
        assert_eq!((key.algorithm(), key.digits()), (Algorithm::Sha256, Digits::Eight));
        assert_eq!(found[2].taken.as_ref().unwrap_err(), &Unusable::Counter);
        assert!(matches!(found[3].taken, Err(Unusable::Parameter(_))));
    }

    #[test]
    fn base64_is_read_in_all_its_forms() {
        // A secret whose base64 has the letters in which the alphabets differ.
        let secret = [[0; 2].as_slice(), &[0xfb, 0xef, 0xbe, 0xff, 0xff, 0xff].repeat(3)].concat();
        let entry = [field(1, &secret[..20]), field(2, b"anna"), vec![0x20, 1, 0x28, 1, 0x30, 2]].concat();
        let data = BASE64.encode(&field(1, &entry));
        assert!(data.contains('+') && data.contains('/'), "{data}");
        let url = data.replace('+', "-").replace('/', "_");
        for data in [
            data.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"),
            data.replace('+', "%2b").replace('/', "%2f").replace('=', ""),
            data.replace('+', " "),
            url.replace('=', ""),
            format!("{url}&x=y"),
            data.clone(),
        ] {
            let found = read(&format!("\u{feff}otpauth-migration://offline?data={data}\r\n")).unwrap();
            let key = &found[0].taken.as_ref().unwrap().key;
            assert_eq!(*key.secret(), Secret::from_bytes(&secret[..20]).unwrap(), "{data}");
        }
    }

    #[test]
    fn damaged_exports_are_not() {
        for text in [
            "otpauth-migration://offline?data=%",
            "otpauth-migration://offline?x=CgU",
            "otpauth-migration://offline?data=CgU%3D",
            "x",
        ] {
            assert_eq!(read(text).unwrap_err(), Unusable::Form, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = read(&format!("otpauth-migration://offline?data={}", BASE64.encode(&bytes)));
        }
    }
}
