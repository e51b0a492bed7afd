//! Files that are no text, told apart by how they begin.

use std::fmt;

/// What a file is that is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// A serialized map of Java's: what FreeOTP 2 calls externalBackup.xml.
    FreeOtp,
    /// A database of KeePass.
    KeePass,
    /// An encrypted backup of this program.
    Encrypted(&'static str),
    /// An archive of files.
    Archive,
    /// A picture, of a QR code perhaps.
    Picture,
    /// An app's own database (SQLite).
    Database,
    /// Anything else.
    Other,
}

/// How they begin.
const BEGINNINGS: &[(&[u8], Binary)] = &[
    (b"\xac\xed\x00\x05", Binary::FreeOtp),
    (b"\x03\xd9\xa2\x9a", Binary::KeePass),
    // As it was called before.
    (b"AUTHENTICATORPRO", Binary::Encrypted("Stratum")),
    (b"AuthenticatorPro", Binary::Encrypted("Stratum")),
    (b"PK\x03\x04", Binary::Archive),
    (b"7z\xbc\xaf\x27\x1c", Binary::Archive),
    (b"\x1f\x8b", Binary::Archive),
    (b"\x89PNG", Binary::Picture),
    (b"\xff\xd8\xff", Binary::Picture),
    (b"GIF8", Binary::Picture),
    (b"%PDF-", Binary::Picture),
    (b"SQLite format 3\0", Binary::Database),
];

impl Binary {
    /// What a file is whose bytes are no text.
    pub fn of(bytes: &[u8]) -> Self {
        // WebP has its length in between.
        if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            return Self::Picture;
        }
        let known = BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning));
        known.map_or(Self::Other, |(_, binary)| *binary)
    }
}

impl fmt::Display for Binary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not text")
    }
}

impl std::error::Error for Binary {}
