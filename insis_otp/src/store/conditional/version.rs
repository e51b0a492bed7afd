//! The mark of a write.

use rustix::rand::{GetRandomFlags, getrandom};

use crate::store::Cause;
use crate::verify::Kept;

/// Marks what one write wrote. So whoever gets no answer to a write finds out whether it has arrived.
///
/// A write from which nothing of a count is taken away has that part of the mark of what it came of: whoever finds it there again knows that
/// what they had counted is counted still. Versions of these programs that know nothing of parts write new ones each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    since_login: u32,
    of_day: u32,
    pub(super) write: u64,
}

impl Version {
    /// A new mark, which no other write has, in no part.
    ///
    /// # Errors
    /// There are no random bytes.
    pub fn new() -> Result<Self, Cause> {
        let mut bytes = [0; 16];
        getrandom(&mut bytes, GetRandomFlags::empty())
            .map_err(|error| std::io::Error::from_raw_os_error(error.raw_os_error()))
            .map_err(|error| Cause::Os { action: "mark a write", error })?;
        Ok(Self::from_bytes(bytes))
    }

    /// The mark of a write that came of what this one wrote, and keeps these counts.
    pub(super) fn followed_by(self, kept: Kept) -> Result<Self, Cause> {
        let new = Self::new()?;
        Ok(Self {
            since_login: if kept.since_login { self.since_login } else { new.since_login },
            of_day: if kept.of_day { self.of_day } else { new.of_day },
            ..new
        })
    }

    /// Which counts were kept from what this one wrote to what the other did.
    pub(super) const fn kept_by(self, other: Self) -> Kept {
        Kept { since_login: self.since_login == other.since_login, of_day: self.of_day == other.of_day }
    }

    /// The mark as a store keeps it.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        let parts = (self.since_login as u128) << 96 | (self.of_day as u128) << 64;
        (parts | self.write as u128).to_be_bytes()
    }

    /// The mark that a store has kept.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        let all = u128::from_be_bytes(bytes);
        #[allow(clippy::cast_possible_truncation, reason = "a part of it each")]
        Self { since_login: (all >> 96) as u32, of_day: (all >> 64) as u32, write: all as u64 }
    }

    /// The mark of somebody else's write.
    #[cfg(any(test, feature = "conformance"))]
    pub(crate) const fn next(self) -> Self {
        Self {
            since_login: self.since_login.wrapping_add(1),
            of_day: self.of_day.wrapping_add(1),
            write: self.write.wrapping_add(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let bytes: [u8; 16] = std::array::from_fn(|index| u8::try_from(index).unwrap() * 7);
        let mark = Version::from_bytes(bytes);
        assert_eq!(mark.to_bytes(), bytes);
        assert_eq!((mark.since_login, mark.of_day), (0x0007_0e15, 0x1c23_2a31));
    }

    #[test]
    fn what_follows_has_the_parts_that_are_kept() {
        let mark = Version::new().unwrap();
        for since_login in [false, true] {
            for of_day in [false, true] {
                let kept = Kept { since_login, of_day };
                let next = mark.followed_by(kept).unwrap();
                assert_eq!(mark.kept_by(next), kept);
                assert_ne!(mark.write, next.write);
            }
        }
        assert_eq!(mark.kept_by(Version::new().unwrap()), Kept::NOTHING);
    }
}
