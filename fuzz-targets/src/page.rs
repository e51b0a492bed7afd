//! Secret files as somebody who knows their form may forge them. A second implementation of the form, by its
//! documentation (docs/secret-file.md) alone.
#![allow(clippy::indexing_slicing, reason = "a test that forges files may fail")]

use sha2::{Digest, Sha256};

/// The head and the two lines of state of a secret file; checksums are made to fit.
#[derive(Clone, Debug)]
pub struct Page {
    /// The text of the head.
    pub head: Vec<u8>,
    /// The lines of state, without their checksums. No other line ties them to the head.
    pub states: [String; 2],
}

impl Page {
    /// Takes a good secret file apart.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).expect("a secret file is text");
        let (head, _) = text.split_once("\nsum = ").expect("the head ends with its checksum");
        let line = |start: usize| {
            let line = text.get(start..start + 512).expect("a page").trim_end();
            let (line, _) = line.rsplit_once(' ').expect("a state ends with its checksum");
            line.to_owned()
        };
        Self { head: format!("{}\n", head.trim_end()).into_bytes(), states: [line(2048), line(3072)] }
    }

    /// With something else in the head.
    ///
    /// # Panics
    /// When the head has no such text.
    #[must_use]
    pub fn head(mut self, from: &str, to: &str) -> Self {
        let head = String::from_utf8(self.head).expect("the head is text");
        assert!(head.contains(from), "no {from:?} in the head");
        self.head = head.replace(from, to).into_bytes();
        self
    }

    /// With lines of state of the first kind, that say the same of the steps that are used, and nothing else.
    #[must_use]
    pub fn first_kind(mut self) -> Self {
        let [upto, from, to] = [0, 5, 10].map(|at| self.number(at, 5));
        for (number, state) in self.states.iter_mut().enumerate() {
            *state = format!(
                "# sequence={number} spent={upto} gap={from}-{to} island=none drift=0 failures=0 guesses=0 guessed=0 \
                 strong=0 login=never recovery=0000 remembered=none day=0:0"
            );
        }
        self
    }

    fn fields(state: &str) -> Vec<u8> {
        let (_, fields) = state.rsplit_once(' ').expect("fields");
        data_encoding::BASE64.decode(fields.as_bytes()).expect("base64")
    }

    fn number(&self, at: usize, size: usize) -> u64 {
        let fields = Self::fields(&self.states[1]);
        fields[at..at + size].iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
    }

    /// With another number in both lines of state, at that place among the fields (docs/secret-file.md).
    ///
    /// # Panics
    /// When there is no such place.
    #[must_use]
    pub fn field(mut self, at: usize, size: usize, value: u64) -> Self {
        for state in &mut self.states {
            let mut fields = Self::fields(state);
            fields[at..at + size].copy_from_slice(&value.to_be_bytes()[8 - size..]);
            let (start, _) = state.rsplit_once(' ').expect("fields");
            *state = format!("{start} {}", data_encoding::BASE64.encode(&fields));
        }
        self
    }

    /// With something else in both lines of state.
    ///
    /// # Panics
    /// When they have no such text.
    #[must_use]
    pub fn state(mut self, from: &str, to: &str) -> Self {
        for state in &mut self.states {
            assert!(state.contains(from), "no {from:?} in {state}");
            *state = state.replace(from, to);
        }
        self
    }

    /// The file.
    ///
    /// # Panics
    /// When it does not fit into a page.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut page = self.head.clone();
        assert!(page.len() <= 1984, "the head is too long");
        page.resize(1984, b'\n');
        let seal = half(&[&page]);
        page.extend(format!("sum = \"{}\"\n", hex(&seal)).into_bytes());
        page.resize(2048, b'\n');
        for state in &self.states {
            let sum = hex(&half(&[&seal, state.as_bytes()]));
            let name = if state.starts_with("# sequence=") { "sum=" } else { "" };
            let mut line = format!("{state} {name}{}", sum.get(..16).expect("a checksum")).into_bytes();
            assert!(line.len() < 512, "the state is too long");
            line.resize(511, b' ');
            line.push(b'\n');
            page.extend_from_slice(&line);
            page.extend_from_slice(&line);
        }
        page
    }
}

fn half(parts: &[&[u8]]) -> Vec<u8> {
    let mut sha = Sha256::new();
    parts.iter().for_each(|part| sha.update(part));
    sha.finalize().into_iter().take(16).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
