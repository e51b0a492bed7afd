//! What authenticator apps make of parameters other than SHA1, six digits, 30 seconds.

use insis_otp::oath::{Algorithm, Digits, Period};

/// The apps of which it is known that they show wrong codes for these parameters, or none.
pub fn that_fail(algorithm: Algorithm, digits: Digits, period: Period) -> Vec<&'static str> {
    let (sha1, usual) = (algorithm == Algorithm::Sha1, period == Period::default());
    let fails = [
        ("Microsoft Authenticator", !sha1 || digits != Digits::Six || !usual),
        ("Google Authenticator (Android, until 2024)", !sha1 || digits == Digits::Seven || !usual),
        ("Authy", !sha1 || digits == Digits::Seven || !usual),
        ("KeePassXC", period.seconds() > 60),
    ];
    fails.into_iter().filter(|(_, fails)| *fails).map(|(app, _)| app).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_uncommon_parameters_fail() {
        let usual = (Algorithm::Sha1, Digits::Six, Period::default());
        assert!(that_fail(usual.0, usual.1, usual.2).is_empty());
        assert_eq!(that_fail(Algorithm::Sha1, Digits::Eight, usual.2), ["Microsoft Authenticator"]);
        assert_eq!(that_fail(Algorithm::Sha256, Digits::Six, usual.2).len(), 3);
        assert_eq!(that_fail(Algorithm::Sha1, Digits::Six, Period::try_from(90).unwrap()).len(), 4);
    }
}
