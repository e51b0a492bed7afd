//! The doctor's simulator beside the real libpam: the same return value for generated stacks.

use std::fmt::Write as _;

use insis_otp::pam_stack::files::{Facility, Files, Rule};
use insis_otp::pam_stack::simulator::{NAMES, ReturnCode, dispatch};
use insis_otp_tests::pam::{Code, Login, Stack};

/// A generator of numbers that is the same on every machine (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }

    fn of<'t>(&mut self, words: &[&'t str]) -> &'t str {
        words[self.below(words.len())]
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }
}

const RESULTS: &[&str] = &[
    "success",
    "success",
    "success",
    "success",
    "success",
    "success",
    "success",
    "success",
    "auth_err",
    "auth_err",
    "ignore",
    "ignore",
    "user_unknown",
    "new_authtok_reqd",
    "authinfo_unavail",
    "maxtries",
    "perm_denied",
    "cred_err",
];
const WORDS: &[&str] =
    &["required", "requisite", "sufficient", "optional", "REQUIRED", "Sufficient", "nonsense"];

fn control(numbers: &mut Numbers) -> String {
    if !numbers.chance(2) {
        return numbers.of(WORDS).to_owned();
    }
    let mut list = String::from("[");
    for _ in 0..=numbers.below(3) {
        let action = match numbers.below(3) {
            0 => (1 + numbers.below(4)).to_string(),
            _ => numbers.of(&["ok", "done", "bad", "die", "ignore", "reset"]).to_owned(),
        };
        let name = if numbers.chance(3) { "default" } else { numbers.of(RESULTS) };
        let equals = if numbers.chance(12) { " = " } else { "=" };
        write!(list, "{name}{equals}{action} ").unwrap();
    }
    if numbers.chance(30) {
        list.push_str(numbers.of(&["success=0", "nonsense=ok", "success=often", "success", "=ok"]));
    }
    list + "]"
}

/// One line, perhaps with a mistake in it.
fn line(numbers: &mut Numbers, level: usize) -> String {
    let module = format!("pam_debug.so auth={}", numbers.of(RESULTS));
    match numbers.below(if level < 2 { 22 } else { 15 }) {
        0 => format!("auth {} pam_no_such_module.so", control(numbers)),
        1 => format!("-auth {} pam_no_such_module.so", control(numbers)),
        2 => format!("account {} {module}", control(numbers)),
        3 => format!("auth {} \\\n  # within a line\n\n {module} # comment \\", control(numbers)),
        4 if numbers.chance(6) => format!("atuh {} {module}", control(numbers)),
        5 if numbers.chance(6) => format!("auth {}", control(numbers)),
        6 if numbers.chance(6) => {
            numbers.of(&["auth", "auth include nowhere", "auth substack nowhere"]).to_owned()
        }
        7 => "# only a comment".to_owned(),
        15..=17 => format!("auth substack inner{}", level + 1),
        18 => format!("account include inner{}", level + 1),
        19 | 20 => format!("auth include inner{}", level + 1),
        21 => format!("@include inner{}", level + 1),
        _ => format!("{} {} {module}", numbers.of(&["auth", "auth", "-auth", "AUTH"]), control(numbers)),
    }
}

fn text(numbers: &mut Numbers, level: usize) -> String {
    let lines: Vec<_> = (0..=numbers.below(6)).map(|_| line(numbers, level)).collect();
    lines.join("\n") + "\n"
}

/// What `pam_debug.so` returns, and what libpam says of a module that is not there.
fn result(_: usize, rule: &Rule) -> ReturnCode {
    let named = rule.arguments.iter().find_map(|argument| argument.strip_prefix("auth="));
    named.map_or(ReturnCode::MODULE_UNKNOWN, |name| {
        ReturnCode(NAMES.iter().position(|known| *known == name).unwrap() as u8)
    })
}

fn name_of(code: Code) -> String {
    code.name().trim_start_matches("PAM_").to_lowercase()
}

/// What the real libpam returns, and what the simulator does.
fn both(files: &[(String, String)]) -> (String, String) {
    let (service, stack) = &files[0];
    let folder = Stack::new(service, stack);
    let mut simulated = Files::default();
    for (name, text) in files {
        // libpam looks for what is included in /etc/pam.d, unless it is told where.
        let path = format!(" {}/inner", folder.folder().display());
        std::fs::write(folder.folder().join(name), text.replace(" inner", &path)).unwrap();
        simulated = simulated.with(name, text);
    }
    let real = match Login::on(&folder).user("root").types(["x"; 0]).try_begin() {
        Ok(mut login) => name_of(login.authenticate()),
        Err(code) => name_of(code),
    };
    let simulated = dispatch(&simulated.stack(service, Facility::Auth), result).code;
    (real, NAMES[usize::from(simulated.0)].to_owned())
}

fn files(numbers: &mut Numbers) -> Vec<(String, String)> {
    [("door", 0), ("inner1", 1), ("inner2", 2)]
        .into_iter()
        .map(|(name, level)| (name.to_owned(), text(numbers, level)))
        .chain([("other".to_owned(), "auth required pam_debug.so auth=cred_expired\n".to_owned())])
        .collect()
}

#[test]
fn generated_stacks_end_as_libpam_says() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for round in 0..1500 {
        let files = files(&mut numbers);
        let (real, simulated) = both(&files);
        // What cannot even be loaded fails all the same.
        let same = real == simulated || real == "abort" && simulated != "success";
        assert!(same, "round {round}: libpam says {real}, the simulator {simulated}: {files:#?}");
        *seen.entry(real).or_default() += 1;
    }
    // All of this is nothing when nearly every stack ends alike.
    assert!(seen["success"] > 150 && seen["auth_err"] > 50 && seen.len() > 8, "{seen:?}");
}
