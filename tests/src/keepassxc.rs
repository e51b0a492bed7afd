//! KeePassXC by its command line: one process that shows the codes of many entries, under a clock that is set.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use data_encoding::BASE64;

use crate::clock::Clock;
use crate::env::feed;

/// A database that is open.
#[derive(Debug)]
pub struct KeePassXc {
    program: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    clock: Clock,
    _folder: tempfile::TempDir,
}

impl KeePassXc {
    /// Opens a new database with an entry for each of these `otpauth://` URIs.
    ///
    /// # Panics
    /// When keepassxc-cli cannot be run, or does not take them.
    #[must_use]
    pub fn with<'u>(uris: impl IntoIterator<Item = &'u str>) -> Self {
        let (folder, database) = database(uris);
        let clock = Clock::at(&folder.path().join("clock"));
        let mut open = quiet(folder.path());
        open.args(["open", "-q"])
            .arg(&database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut program = clock.give(&mut open).spawn().expect("keepassxc-cli is missing: make deps");
        let (input, output) = (program.stdin.take(), program.stdout.take());
        let (mut input, output) = input.zip(output).expect("both are pipes");
        writeln!(input, "secret").expect("nobody listens");
        Self { program, input, output: BufReader::new(output), clock, _folder: folder }
    }

    /// What it exports of such entries as CSV.
    ///
    /// # Panics
    /// When keepassxc-cli cannot be run, or does not take them.
    #[must_use]
    pub fn csv<'u>(uris: impl IntoIterator<Item = &'u str>) -> String {
        let (folder, database) = database(uris);
        let mut export = quiet(folder.path());
        let output = feed(export.args(["export", "-q", "-f", "csv"]).arg(&database), "secret\n");
        String::from_utf8(output.stdout).expect("KeePassXC writes UTF-8")
    }

    /// The code that the entry of this number shows at that Unix time.
    ///
    /// # Panics
    /// When it shows none.
    pub fn code(&mut self, entry: usize, at: u64) -> String {
        self.clock.freeze(at);
        let question = format!("show -t entry{entry}");
        // What is typed before it has read the line before is lost, so that one waits for the other.
        if self.output.buffer().is_empty() {
            self.wait_for_the_prompt();
        }
        writeln!(self.input, "{question}").expect("nobody listens");
        let mut line = String::new();
        while !line.trim_end().ends_with(&question) {
            line.clear();
            assert!(self.output.read_line(&mut line).expect("a text") > 0, "keepassxc-cli ended");
        }
        line.clear();
        self.output.read_line(&mut line).expect("a text");
        line.trim_end().to_owned()
    }

    /// Reads up to the blank behind `phone.kdbx>`.
    fn wait_for_the_prompt(&mut self) {
        let mut seen = Vec::new();
        self.output.read_until(b'>', &mut seen).expect("a prompt");
        assert_eq!(seen.last(), Some(&b'>'), "keepassxc-cli ended");
    }
}

impl Drop for KeePassXc {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// A new database with an entry for each of these URIs, and the folder that it is in.
fn database<'u>(uris: impl IntoIterator<Item = &'u str>) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("no folder for the database");
    let (export, database) = (folder.path().join("export.xml"), folder.path().join("phone.kdbx"));
    std::fs::write(&export, export_of(uris)).expect("cannot write the database's source");
    // As little hashing of the password as there can be.
    let mut import = quiet(folder.path());
    feed(import.args(["import", "-q", "-p", "-t", "100"]).arg(&export).arg(&database), "secret\nsecret\n");
    (folder, database)
}

/// keepassxc-cli, without a display, and without the caller's settings.
pub fn quiet(home: &Path) -> Command {
    let mut command = Command::new("keepassxc-cli");
    command.env("HOME", home).env("QT_QPA_PLATFORM", "offscreen").env("LC_ALL", "C.UTF-8");
    command
}

/// The database as the XML that KeePass programs exchange.
fn export_of<'u>(uris: impl IntoIterator<Item = &'u str>) -> String {
    let string = |key: &str, value: &str| format!("<String><Key>{key}</Key><Value>{value}</Value></String>");
    let uuid = |number: u128| BASE64.encode(&number.to_be_bytes());
    let entry = |(number, uri): (usize, &str)| {
        let uri = uri.replace('&', "&amp;").replace('<', "&lt;");
        let (title, otp) = (string("Title", &format!("entry{number}")), string("otp", &uri));
        format!("<Entry><UUID>{}</UUID>{title}{otp}</Entry>", uuid(2 + number as u128))
    };
    let entries: String = uris.into_iter().enumerate().map(entry).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><KeePassFile><Meta/><Root><Group><UUID>{}</UUID><Name>Root</Name>\
         {entries}</Group></Root></KeePassFile>",
        uuid(1)
    )
}
