//! A key: a secret and how codes are made of it (RFC 4226, section 5; RFC 6238, section 4).

use subtle::{Choice, ConstantTimeEq};
use totp_rs::Builder;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Algorithm, Digits, Parameters, Period, Secret, Step};

/// A code: a number of six to eight digits. Wiped when dropped, compared in constant time, never printed.
///
/// ```
/// use insis_otp::oath::{Code, Digits};
/// use subtle::ConstantTimeEq;
///
/// let code = Code::from_digits(b"081804").ok_or("no digits")?;
/// assert_eq!(*code.reveal(Digits::Six), "081804");
/// assert!(bool::from(code.ct_eq(&Code::from_digits(b"081804").ok_or("no digits")?)));
/// assert_eq!(format!("{code:?}"), "Code(redacted)");
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Code(u32);

/// Makes codes: a secret, the hash, the number of digits and the period.
///
/// The first test vector of RFC 6238, appendix B: 59 seconds after the beginning of 1970, in the second step of 30 seconds.
///
/// ```
/// use insis_otp::oath::{Digits, OtpGenerator, Parameters, Secret, UnixTime};
///
/// let secret = Secret::from_bytes(b"12345678901234567890")?;
/// let key = OtpGenerator::new(secret, Parameters { digits: Digits::Eight, ..Parameters::default() });
/// let code = key.code(UnixTime(59).step(key.period()));
/// assert_eq!(*code.reveal(key.digits()), "94287082");
/// # Ok::<(), insis_otp::oath::InvalidSecret>(())
/// ```
#[derive(Clone)]
pub struct OtpGenerator {
    secret: Secret,
    parameters: Parameters,
}

impl Code {
    /// The code in these decimal digits; `None` for anything else, or for more digits than a code can have.
    #[must_use]
    pub fn from_digits(text: &[u8]) -> Option<Self> {
        if text.is_empty() || text.len() > 9 || !text.iter().all(u8::is_ascii_digit) {
            return None;
        }
        Some(Self(text.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'))))
    }

    /// No code: none that is typed is equal to it.
    pub(super) const NONE: Self = Self(u32::MAX);

    /// The dynamic truncation of an HMAC (RFC 4226, section 5.3).
    pub(crate) fn truncate(mac: &impl AsRef<[u8]>, digits: Digits) -> Self {
        let mac = mac.as_ref();
        let offset = usize::from(mac.last().copied().unwrap_or(0) & 0xF);
        let word = mac.iter().skip(offset).take(4).fold(0, |word: u32, byte| word << 8 | u32::from(*byte));
        Self((word & 0x7FFF_FFFF) % digits.codes())
    }

    /// The digits as they are shown on a phone, leading zeros included.
    #[must_use]
    pub fn reveal(&self, digits: Digits) -> zeroize::Zeroizing<String> {
        zeroize::Zeroizing::new(format!("{:0width$}", self.0, width = digits.count()))
    }
}

impl ConstantTimeEq for Code {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(redacted)")
    }
}

impl OtpGenerator {
    /// A key of these parameters.
    #[must_use]
    pub const fn new(secret: Secret, parameters: Parameters) -> Self {
        Self { secret, parameters }
    }

    /// The code of a step: HOTP(K, T), dynamically truncated (RFC 4226, section 5.3). What compares the codes of many
    /// steps does it by `keyed_hmac`, which is faster.
    #[must_use]
    pub fn code(&self, step: Step) -> Code {
        #[cfg(test)]
        COMPUTED.with(|count| count.set(count.get() + 1));
        // The library's period is set to one second, so that its "time" is our step.
        let totp = Builder::new()
            .with_algorithm(match self.algorithm() {
                Algorithm::Sha1 => totp_rs::Algorithm::SHA1,
                Algorithm::Sha256 => totp_rs::Algorithm::SHA256,
                Algorithm::Sha512 => totp_rs::Algorithm::SHA512,
            })
            .with_secret(self.secret.bytes().to_vec())
            .with_step_duration(1)
            .build_noncompliant();
        Code::truncate(&totp.sign(step.0), self.digits())
    }

    /// The secret.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// How codes are made of it.
    #[must_use]
    pub const fn parameters(&self) -> Parameters {
        self.parameters
    }

    /// The hash under the HMAC.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.parameters.algorithm
    }

    /// How many digits its codes have.
    #[must_use]
    pub const fn digits(&self) -> Digits {
        self.parameters.digits
    }

    /// The length of its time step.
    #[must_use]
    pub const fn period(&self) -> Period {
        self.parameters.period
    }
}

#[cfg(test)]
thread_local! {
    /// How many codes this thread has computed: the work that a verdict costs.
    pub(crate) static COMPUTED: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

impl std::fmt::Debug for OtpGenerator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Parameters { algorithm, digits, period } = self.parameters;
        write!(f, "OtpGenerator(redacted, {} {} {}s)", algorithm.name(), digits.count(), period.seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oath::UnixTime;

    fn key(secret: &[u8], algorithm: Algorithm, digits: Digits) -> OtpGenerator {
        OtpGenerator::new(
            Secret::from_bytes(secret).unwrap(),
            Parameters { algorithm, digits, ..Parameters::default() },
        )
    }

    #[test]
    fn a_code_has_one_to_nine_digits() {
        let number = |text: &str| Code::from_digits(text.as_bytes()).map(|code| code.0);
        assert_eq!(
            [number("7"), number("000123"), number("987654321")],
            [Some(7), Some(123), Some(987_654_321)]
        );
        assert_eq!([number(""), number("1234567890"), number("12 456"), number("12a456")], [None; 4]);
    }

    #[test]
    fn rfc_4226_appendix_d() {
        let key = key(b"12345678901234567890", Algorithm::Sha1, Digits::Six);
        let expected = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871",
            "520489",
        ];
        for (counter, code) in (0..).zip(expected) {
            assert_eq!(*key.code(Step(counter)).reveal(Digits::Six), code, "counter {counter}");
        }
    }

    #[test]
    fn rfc_6238_appendix_b() {
        let sha1 = key(b"12345678901234567890", Algorithm::Sha1, Digits::Eight);
        let sha256 = key(b"12345678901234567890123456789012", Algorithm::Sha256, Digits::Eight);
        let sha512 = key(
            b"1234567890123456789012345678901234567890123456789012345678901234",
            Algorithm::Sha512,
            Digits::Eight,
        );
        let table = [
            (59, "94287082", "46119246", "90693936"),
            (1_111_111_109, "07081804", "68084774", "25091201"),
            (1_111_111_111, "14050471", "67062674", "99943326"),
            (1_234_567_890, "89005924", "91819424", "93441116"),
            (2_000_000_000, "69279037", "90698825", "38618901"),
            (20_000_000_000, "65353130", "77737706", "47863826"),
        ];
        for (time, one, two, five) in table {
            let code =
                |key: &OtpGenerator| key.code(UnixTime(time).step(Period::default())).reveal(Digits::Eight);
            assert_eq!((&**code(&sha1), &**code(&sha256), &**code(&sha512)), (one, two, five), "time {time}");
        }
    }

    #[test]
    fn parameters_are_held_to_their_ranges() {
        assert!(
            Period::try_from(4).is_err()
                && Period::try_from(301).is_err()
                && Period::try_from(1 << 40).is_err()
        );
        assert!(Digits::try_from(5).is_err() && Digits::try_from(9).is_err());
        assert_eq!("sha256".parse(), Ok(Algorithm::Sha256));
        assert!("MD5".parse::<Algorithm>().is_err());
        assert!(Code::from_digits(b"12a456").is_none() && Code::from_digits(b"").is_none());
    }

    #[test]
    fn nothing_prints() {
        let key = key(b"12345678901234567890", Algorithm::Sha1, Digits::Six);
        assert_eq!(
            format!("{:?} {key:?}", key.code(Step(0))),
            "Code(redacted) OtpGenerator(redacted, SHA1 6 30s)"
        );
    }
}
