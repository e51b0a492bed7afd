//! The modules that are measured: stacks, secrets, and the codes of a person who uses all of them.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use insis_otp::oath::Step;
use insis_otp_tests::pam::Stack;
use insis_otp_tests::person::{Person, secret_bytes};

/// A module in a stack of its own.
#[derive(Debug)]
pub struct Candidate {
    /// Its name in tables.
    pub name: &'static str,
    /// The stack.
    pub stack: Stack,
    /// The file for the smallest possible work, for the candidate that stands for the limit.
    pub floor: Option<PathBuf>,
}

impl Candidate {
    fn new(name: &'static str, lines: &str) -> Self {
        Self { name, stack: Stack::new("bench", lines), floor: None }
    }

    /// The same, after another module.
    #[must_use]
    pub fn after(self, line: &str) -> Self {
        let path = self.stack.folder().join(self.stack.service());
        let lines = std::fs::read_to_string(path).expect("the stack is there");
        Self { stack: Stack::new("bench", &format!("{line}\n{lines}")), ..self }
    }
}

/// What every authentication costs that does nothing.
#[must_use]
pub fn permit() -> Candidate {
    Candidate::new("pam_permit", "auth required pam_permit.so")
}

/// pam_permit and the smallest possible work: a page of one file is read and a sector of it written under a lock.
#[must_use]
pub fn floor(folder: &Path) -> Candidate {
    let path = folder.join("floor");
    std::fs::write(&path, vec![b' '; 4096]).expect("cannot write the floor's file");
    Candidate { name: "floor", floor: Some(path), ..permit() }
}

/// This project's module, with a store in that folder.
#[must_use]
pub fn ours(folder: &Path) -> Candidate {
    ours_with(folder, "")
}

/// This project's module, with other arguments too. A day has room for as many wrong codes as are measured.
#[must_use]
pub fn ours_with(folder: &Path, arguments: &str) -> Candidate {
    let template = template(folder);
    Candidate::new(
        "insis_otp",
        &format!(
            "auth required pam_insis_otp.so tries=1 daily_failures=500 secret_file={template} {arguments}"
        ),
    )
}

fn template(folder: &Path) -> String {
    format!("{}/store/%u", folder.display())
}

/// A person who is enrolled in that folder's store, and nowhere else.
#[must_use]
pub fn enrolled(name: &str, seed: u8, folder: &Path) -> Person {
    std::fs::create_dir_all(folder.join("store")).expect("cannot make a store");
    let person = Person::new(name, seed, &template(folder));
    // Whatever an earlier measurement left.
    let _ = person.file.remove();
    person.enroll();
    person
}

/// google-authenticator as its own setup leaves it: in the user's folder, no code twice, three attempts in 30 seconds.
#[must_use]
pub fn google(folder: &Path, people: &[&Person]) -> Candidate {
    google_with(folder, people, "")
}

/// google-authenticator with other arguments too.
#[must_use]
pub fn google_with(folder: &Path, people: &[&Person], arguments: &str) -> Candidate {
    let homes = folder.join("homes");
    for person in people {
        let home = homes.join(&person.name);
        std::fs::create_dir_all(&home).expect("cannot make a home");
        let path = home.join(".google_authenticator");
        let secret = person.key.secret().to_base32();
        let text = format!(
            "{}\n\" RATE_LIMIT 3 30\n\" WINDOW_SIZE 3\n\" DISALLOW_REUSE\n\" TOTP_AUTH\n",
            secret.as_str()
        );
        std::fs::write(&path, text).expect("cannot write a secret");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o400)).expect("cannot protect a secret");
        let account = person.file.account();
        for owned in [&home, &path] {
            chown(owned, Some(account.uid.as_raw()), Some(account.gid.as_raw()))
                .expect("cannot give a home away");
        }
    }
    let secret = format!("{}/${{USER}}/.google_authenticator", homes.display());
    let line = format!("auth required pam_google_authenticator.so secret={secret} {arguments}");
    Candidate::new("google-authenticator", &line)
}

/// pam_oath with that many users in its file, the person in the middle of them.
#[must_use]
pub fn oath(folder: &Path, people: &[&Person], users: usize) -> Candidate {
    let path = folder.join(format!("users.{users}.oath"));
    let stranger =
        |number| format!("HOTP/T30/6\tstranger{number}\t-\t{}\n", HEXLOWER.encode(&secret_bytes(200)));
    let before = users.saturating_sub(people.len()) / 2;
    let mut text: String = (0..before).map(stranger).collect();
    for person in people {
        let secret = BASE32_NOPAD.decode(person.key.secret().to_base32().as_bytes()).expect("base32");
        text.push_str(&format!("HOTP/T30/6\t{}\t-\t{}\n", person.name, HEXLOWER.encode(&secret)));
    }
    text.extend((before..users.saturating_sub(people.len())).map(stranger));
    std::fs::write(&path, text).expect("cannot write pam_oath's users");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600))
        .expect("cannot protect pam_oath's users");
    Candidate::new(
        "pam_oath",
        &format!("auth required pam_oath.so usersfile={} window=3 digits=6", path.display()),
    )
}

/// A code that is not right within twelve and a half hours around that step, which is as far as anybody searches.
#[must_use]
pub fn wrong_code(person: &Person, step: u64) -> String {
    let right: std::collections::HashSet<String> = (step - 1600..=step + 1600)
        .map(|step| person.key.code(Step(step)).reveal(person.key.digits()).to_string())
        .collect();
    let mut codes = (100_000..1_000_000).map(|code| code.to_string());
    codes.find(|code| !right.contains(code)).expect("3201 steps have no million codes")
}
