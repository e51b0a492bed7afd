//! Names that are harmless as a path component.

/// A user name that can be a path component: 1 to 255 bytes, no slash, no control character, no dot or hyphen in
/// front.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UserName(String);

/// A name that cannot be a path component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a user name")]
pub struct InvalidUserName;

impl UserName {
    const LONGEST: usize = 255;

    /// Takes a name that will do as a path component.
    ///
    /// # Errors
    /// It will not.
    pub fn parse(name: &str) -> Result<Self, InvalidUserName> {
        let harmless = !name.is_empty()
            && name.len() <= Self::LONGEST
            && !name.starts_with(['.', '-'])
            && !name.chars().any(|c| c == '/' || c.is_control());
        if harmless { Ok(Self(name.to_owned())) } else { Err(InvalidUserName) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for UserName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_names_pass() {
        for name in ["alice", "alice.smith", "DOM\\alice", "alice@example.org", "w00t$", "ž", "a%u"] {
            assert_eq!(UserName::parse(name).unwrap().as_str(), name);
        }
        assert!(UserName::parse(&"a".repeat(255)).is_ok());
        let long = "a".repeat(256);
        for name in ["", ".", "..", ".alice", "-alice", "a/b", "../x", "/", "a\nb", "a\0b", "\u{1b}[m", &long]
        {
            assert!(UserName::parse(name).is_err(), "{name:?}");
        }
    }
}
