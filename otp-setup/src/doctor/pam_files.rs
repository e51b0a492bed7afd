//! /etc/pam.d as libpam reads it: lines, continued lines, and what they include.

use std::collections::BTreeMap;
use std::path::Path;

/// A line of a stack, with where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The file, and the line in it.
    pub place: String,
    /// Word or bracketed list.
    pub control: String,
    /// The module as it is written.
    pub module: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// In how many substacks it stands: what ends a substack ends no more than that.
    pub depth: usize,
    /// The lines by which its file is included, from the service's own on.
    pub within: Vec<String>,
}

impl Rule {
    /// The line of this one's file, or of one that includes it, by which another rule comes into the stack.
    pub fn beside<'r>(&self, other: &'r Self) -> &'r str {
        let pairs = self.within.iter().zip(&other.within);
        let common = pairs.take_while(|(own, others)| own == others).count();
        other.within.get(common).unwrap_or(&other.place)
    }
}

/// The files of /etc/pam.d, and /usr/lib/pam.d and /etc/pam.conf are what they stand over.
pub type Files = BTreeMap<String, String>;

/// All service files of this machine; those of /etc stand over those of /usr/lib.
pub fn services() -> Files {
    let mut files = Files::new();
    for folder in ["/usr/lib/pam.d", "/etc/pam.d"] {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let leftover =
                [".dpkg-", ".rpmsave", ".rpmnew", "~", ".bak"].iter().any(|end| name.contains(end));
            if let (false, Ok(text)) = (leftover, std::fs::read_to_string(entry.path())) {
                files.insert(name, text);
            }
        }
    }
    files
}

/// The `auth` stack of a service, what it includes put in.
pub fn auth_stack(service: &str, files: &Files) -> Vec<Rule> {
    let mut stack = Vec::new();
    expand(service, files, 0, &[], &mut stack);
    stack
}

fn expand(service: &str, files: &Files, depth: usize, within: &[String], stack: &mut Vec<Rule>) {
    // libpam gives up at the same depth.
    if within.len() > 32 {
        return;
    }
    // Includes are written as a path now and then.
    let name = Path::new(service).file_name().and_then(|name| name.to_str()).unwrap_or(service);
    let Some(text) = files.get(name) else { return };
    for (number, line) in logical_lines(text) {
        let place = format!("/etc/pam.d/{name}:{number}");
        let inner = [within, std::slice::from_ref(&place)].concat();
        if let Some(included) = line.strip_prefix("@include") {
            expand(included.trim(), files, depth, &inner, stack);
            continue;
        }
        let Some(rule) = rule(&line, &place, depth) else { continue };
        match rule.control.as_str() {
            "include" => expand(&rule.module, files, depth, &inner, stack),
            "substack" => expand(&rule.module, files, depth + 1, &inner, stack),
            _ => stack.push(Rule { within: within.to_vec(), ..rule }),
        }
    }
}

/// Lines without comments, a backslash at the end joining the next one; with the number of their first line.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut continued = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        let (line, goes_on) = line.strip_suffix('\\').map_or((line, false), |line| (line, true));
        match lines.last_mut().filter(|_| continued) {
            Some((_, before)) => {
                before.push(' ');
                before.push_str(line);
            }
            None => lines.push((number, line.to_owned())),
        }
        continued = goes_on;
    }
    lines.retain(|(_, line)| !line.trim().is_empty());
    lines
}

/// A rule, if it is one of an auth stack.
fn rule(line: &str, place: &str, depth: usize) -> Option<Rule> {
    let (kind, rest) = line.split_once(char::is_whitespace)?;
    if !kind.trim_start_matches('-').eq_ignore_ascii_case("auth") {
        return None;
    }
    let rest = rest.trim_start();
    let (control, rest) = if rest.starts_with('[') {
        let end = rest.find(']')?;
        rest.split_at_checked(end + 1)?
    } else {
        rest.split_once(char::is_whitespace)?
    };
    let mut words = words(rest).into_iter();
    Some(Rule {
        place: place.to_owned(),
        control: control.to_owned(),
        module: words.next()?,
        arguments: words.collect(),
        depth,
        within: Vec::new(),
    })
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
        let files: Files = [
            (
                "sshd",
                "# comment\n@include common-auth\nauth required pam_insis_otp.so \\\n  tries=2 # x\naccount required pam_nologin.so\n",
            ),
            ("common-auth", "auth\t[success=1 default=ignore]\tpam_unix.so nullok\nauth requisite pam_deny.so\n"),
            ("su", "auth substack common-auth\n-auth include sshd\n"),
            ("loop", "auth include loop\n"),
        ]
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .collect();
        let stack = auth_stack("sshd", &files);
        let modules: Vec<_> = stack.iter().map(|rule| rule.module.as_str()).collect();
        assert_eq!(modules, ["pam_unix.so", "pam_deny.so", "pam_insis_otp.so"]);
        assert_eq!(stack[0].control, "[success=1 default=ignore]");
        assert_eq!(
            (stack[2].place.as_str(), &*stack[2].arguments),
            ("/etc/pam.d/sshd:3", &["tries=2".to_owned()][..])
        );
        let su = auth_stack("su", &files);
        assert_eq!(su.iter().map(|rule| rule.depth).collect::<Vec<_>>(), [1, 1, 0, 0, 0]);
        assert!(auth_stack("loop", &files).is_empty() && auth_stack("none", &files).is_empty());
    }

    #[test]
    fn brackets_hold_an_argument_together() {
        let words = words("pam_x.so a=1 [prompt=Your code: ]  [b=[1\\]] c");
        assert_eq!(words, ["pam_x.so", "a=1", "prompt=Your code: ", "b=[1]", "c"]);
        assert_eq!(super::words("[open end"), ["open end"]);
    }
}
