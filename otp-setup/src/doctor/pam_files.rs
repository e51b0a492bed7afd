//! /etc/pam.d as libpam reads it: lines, continued lines, and what they include.
//!
//! Only the standard library is used: a test compiles this file and [`super::simulator`] beside the real libpam.

use std::collections::BTreeMap;
use std::path::Path;

/// Where files stand, the weaker first: a file of /etc replaces the distribution's.
const FOLDERS: [&str; 2] = ["/usr/lib/pam.d", "/etc/pam.d"];
/// libpam includes no deeper than that.
const DEEPEST: usize = 32;

/// The part of PAM that a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facility {
    /// `auth`
    Auth,
    /// `account`
    Account,
    /// `password`
    Password,
    /// `session`
    Session,
}

impl Facility {
    fn named(word: &str) -> Option<Self> {
        let all = [
            ("auth", Self::Auth),
            ("account", Self::Account),
            ("password", Self::Password),
            ("session", Self::Session),
        ];
        all.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, facility)| facility)
    }
}

/// What libpam makes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It calls a module.
    Module,
    /// A substack begins: it counts as one module for a jump over it.
    Substack,
    /// A line that libpam does not understand, or that includes a file which is not there: it always fails.
    MustFail,
}

/// A line of a stack, with its location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The file, and the first of its lines: `/etc/pam.d/sshd:4`.
    pub location: String,
    /// The file's name in the folder.
    pub file: String,
    /// The first and the last line: more than one where a backslash continues it.
    pub lines: (usize, usize),
    /// What libpam makes of it.
    pub entry: Entry,
    /// Word or bracketed list.
    pub control: String,
    /// The module as it is written; for [`Entry::MustFail`] what was included, if anything.
    pub module: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// In how many substacks it stands: what ends a substack ends no more than that.
    pub depth: usize,
    /// The lines by which its file is included, from the service's own on.
    pub within: Vec<String>,
    /// Whether a leading `-` says that the module may be missing.
    pub may_be_missing: bool,
}

impl Rule {
    /// The line of this one's file, or of one that includes it, by which another rule comes into the stack.
    pub fn beside<'r>(&self, other: &'r Self) -> &'r str {
        let pairs = self.within.iter().zip(&other.within);
        let common = pairs.take_while(|(own, others)| own == others).count();
        other.within.get(common).unwrap_or(&other.location)
    }
}

/// A file of a PAM folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PamFile {
    /// Its path.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The files of the PAM folders by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, PamFile>);

impl Files {
    /// The service files below a root: those of /etc replace those of /usr/lib.
    pub fn load(root: &Path) -> Self {
        let mut files = Self::default();
        for folder in FOLDERS {
            let below = root.join(folder.trim_start_matches('/'));
            for entry in std::fs::read_dir(below).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                let leftover =
                    [".dpkg-", ".rpmsave", ".rpmnew", "~", ".bak"].iter().any(|end| name.contains(end));
                if let (false, Ok(text)) = (leftover, std::fs::read_to_string(entry.path())) {
                    files.0.insert(name.clone(), PamFile { path: format!("{folder}/{name}"), text });
                }
            }
        }
        files
    }

    /// Adds or replaces a file of /etc/pam.d.
    pub fn with(mut self, name: &str, text: &str) -> Self {
        let path = self.get(name).map_or_else(|| format!("/etc/pam.d/{name}"), |file| file.path.clone());
        self.0.insert(name.to_owned(), PamFile { path, text: text.to_owned() });
        self
    }

    /// The names of all files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// A file, by its name or by a path in one of the folders.
    pub fn get(&self, name: &str) -> Option<&PamFile> {
        self.0.get(file_name(name))
    }

    /// The lines of one facility for a service, what they include put in. A service without any gets those of `other`.
    pub fn stack(&self, service: &str, facility: Facility) -> Vec<Rule> {
        let own = self.own_stack(service, facility);
        if own.is_empty() { self.own_stack("other", facility) } else { own }
    }

    /// The same, without what `other` says in place of nothing.
    pub fn own_stack(&self, service: &str, facility: Facility) -> Vec<Rule> {
        let mut reader = StackReader { files: self, facility, stack: Vec::new(), unloadable: None };
        reader.read(service, None, 0, &[]);
        reader.unloadable.into_iter().chain(reader.stack).collect()
    }
}

/// The last part of a path.
pub fn file_name(path: &str) -> &str {
    Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or(path)
}

/// Reads one facility of a service.
struct StackReader<'f> {
    files: &'f Files,
    facility: Facility,
    stack: Vec<Rule>,
    /// A line for which libpam refuses to load the service at all.
    unloadable: Option<Rule>,
}

impl StackReader<'_> {
    /// Reads a file. `included` is the facility of the line that includes it; `None` for the service itself and for
    /// `@include`, which take every line. Returns whether the file is there.
    fn read(&mut self, name: &str, included: Option<Facility>, depth: usize, within: &[String]) -> bool {
        if within.len() > DEEPEST {
            return false;
        }
        let Some(file) = self.files.get(name) else { return false };
        for (lines, text) in logical_lines(&file.text) {
            let location = format!("{}:{}", file.path, lines.0);
            let mut rule = Rule {
                location,
                file: file_name(name).to_owned(),
                lines,
                entry: Entry::Module,
                control: String::new(),
                module: String::new(),
                arguments: Vec::new(),
                depth,
                within: within.to_vec(),
                may_be_missing: false,
            };
            let mut words = words(&text).into_iter();
            let first = words.next().unwrap_or_default();
            if first.eq_ignore_ascii_case("@include") {
                match included {
                    None => self.include_all(rule, words.next().unwrap_or_default()),
                    Some(facility) => self.include(rule, words.next(), facility, depth),
                }
                continue;
            }
            let word = first.strip_prefix('-').unwrap_or(&first);
            rule.may_be_missing = word.len() < first.len();
            // An unknown word counts for what is asked for, and fails there; at the top it counts for auth.
            let facility = Facility::named(word).unwrap_or_else(|| {
                rule.entry = Entry::MustFail;
                included.unwrap_or(Facility::Auth)
            });
            if facility == self.facility && included.is_none_or(|included| included == facility) {
                self.line(rule, words, facility);
            }
        }
        true
    }

    /// Adds a line whose facility is the right one.
    fn line(&mut self, mut rule: Rule, mut words: impl Iterator<Item = String>, facility: Facility) {
        let control = words.next().unwrap_or_default();
        rule.control = if control.contains('=') { format!("[{control}]") } else { control };
        let module = words.next();
        let is = |word: &str| rule.control.eq_ignore_ascii_case(word);
        if is("include") {
            let depth = rule.depth;
            self.include(rule, module, facility, depth);
        } else if is("substack") {
            let depth = rule.depth + 1;
            self.stack.push(Rule { entry: Entry::Substack, ..rule.clone() });
            self.include(rule, module, facility, depth);
        } else {
            if module.is_none() {
                rule.entry = Entry::MustFail;
            }
            rule.module = module.unwrap_or_default();
            rule.arguments = words.collect();
            self.stack.push(rule);
        }
    }

    /// Reads another file as if its lines stood here. Where there is none, the service cannot be loaded.
    fn include_all(&mut self, rule: Rule, name: String) {
        if !self.read(&name, None, rule.depth, &inner(&rule)) {
            let control = "[default=die]".to_owned();
            self.unloadable = Some(Rule { entry: Entry::MustFail, control, module: name, depth: 0, ..rule });
        }
    }

    /// Reads the lines of one facility of another file in the place of a line, which fails where there is none.
    fn include(&mut self, rule: Rule, name: Option<String>, facility: Facility, depth: usize) {
        let name = name.unwrap_or_default();
        if !self.read(&name, Some(facility), depth, &inner(&rule)) {
            let control = "[default=bad]".to_owned();
            self.stack.push(Rule { entry: Entry::MustFail, control, module: name, ..rule });
        }
    }
}

/// By which lines a file comes into the stack that this line includes.
fn inner(rule: &Rule) -> Vec<String> {
    [rule.within.as_slice(), std::slice::from_ref(&rule.location)].concat()
}

/// Lines without comments, a backslash at the end joining the next one; with the numbers of their first and last line.
fn logical_lines(text: &str) -> Vec<((usize, usize), String)> {
    let mut lines: Vec<((usize, usize), String)> = Vec::new();
    let mut continued = false;
    for (number, line) in (1..).zip(text.lines()) {
        let (code, comment) = line.split_once('#').map_or((line, false), |(code, _)| (code, true));
        let code = code.trim();
        if code.is_empty() {
            // Blank lines and comments do not end a line that goes on.
            continue;
        }
        let (code, goes_on) = match code.strip_suffix('\\').filter(|_| !comment) {
            Some(code) => (code, true),
            None => (code, false),
        };
        match lines.last_mut().filter(|_| continued) {
            Some((numbers, before)) => {
                numbers.1 = number;
                before.push(' ');
                before.push_str(code);
            }
            None => lines.push(((number, number), code.to_owned())),
        }
        continued = goes_on;
    }
    lines
}

/// Words, those in brackets in one piece and without the brackets, as libpam takes them: `[prompt=Your code: ]`.
fn words(mut text: &str) -> Vec<String> {
    let mut words = Vec::new();
    loop {
        text = text.trim_start();
        if text.is_empty() {
            return words;
        }
        let (word, rest) = match text.strip_prefix('[') {
            Some(inner) => end_of_brackets(inner),
            None => text
                .split_once(char::is_whitespace)
                .map_or((text.to_owned(), ""), |(word, rest)| (word.to_owned(), rest)),
        };
        words.push(word);
        text = rest;
    }
}

/// What stands before the closing bracket, and what follows it. A backslash before a bracket makes it a letter.
fn end_of_brackets(text: &str) -> (String, &str) {
    let mut word = String::new();
    let mut letters = text.char_indices();
    while let Some((place, letter)) = letters.next() {
        match letter {
            ']' => return (word, text.get(place + 1..).unwrap_or_default()),
            '\\' if text.get(place + 1..).is_some_and(|rest| rest.starts_with(']')) => {
                word.push(']');
                letters.next();
            }
            letter => word.push(letter),
        }
    }
    (word, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_are_read_as_libpam_reads_them() {
        let files = Files::default()
            .with(
                "sshd",
                "# comment\n@include common-auth\nauth required pam_insis_otp.so \\\n  tries=2 # x\naccount required pam_nologin.so\n",
            )
            .with("common-auth", "auth\t[success=1 default=ignore]\tpam_unix.so nullok\nauth requisite pam_deny.so\n")
            .with("su", "auth substack common-auth\n-auth include sshd\n");
        let stack = files.stack("sshd", Facility::Auth);
        let modules: Vec<_> = stack.iter().map(|rule| rule.module.as_str()).collect();
        assert_eq!(modules, ["pam_unix.so", "pam_deny.so", "pam_insis_otp.so"]);
        assert_eq!(stack[0].control, "[success=1 default=ignore]");
        assert_eq!(
            (stack[2].location.as_str(), stack[2].lines, &*stack[2].arguments),
            ("/etc/pam.d/sshd:3", (3, 4), &["tries=2".to_owned()][..])
        );
        let su = files.stack("su", Facility::Auth);
        assert_eq!(su.iter().map(|rule| rule.depth).collect::<Vec<_>>(), [0, 1, 1, 0, 0, 0]);
        assert_eq!(su[0].entry, Entry::Substack);
        assert_eq!(files.stack("sshd", Facility::Account)[0].module, "pam_nologin.so");
    }

    #[test]
    fn what_is_missing_or_misspelt_fails() {
        let files = Files::default()
            .with("sshd", "@include nowhere\natuh required pam_x.so\naccount include gone\nauth required\n")
            .with("loop", "auth include loop\n")
            .with("other", "auth required pam_deny.so\n");
        let fails = |service, facility| {
            let stack = files.stack(service, facility);
            assert!(stack.iter().all(|rule| rule.entry == Entry::MustFail), "{stack:?}");
            stack.len()
        };
        assert_eq!((fails("sshd", Facility::Auth), fails("sshd", Facility::Account)), (3, 2));
        assert_eq!(fails("loop", Facility::Auth), 1);
        assert_eq!(files.stack("none", Facility::Auth)[0].module, "pam_deny.so");
        assert!(files.own_stack("none", Facility::Auth).is_empty());
    }

    #[test]
    fn brackets_hold_an_argument_together() {
        let words = words("pam_x.so a=1 [prompt=Your code: ]  [b=[1\\]] c");
        assert_eq!(words, ["pam_x.so", "a=1", "prompt=Your code: ", "b=[1]", "c"]);
        assert_eq!(super::words("[open end"), ["open end"]);
    }
}
