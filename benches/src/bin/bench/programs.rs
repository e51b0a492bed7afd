//! Whole logins over ssh, and the programs that people run.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Instant;

use insis_otp_benches::report::{Figure, Row};
use insis_otp_benches::timer::median;
use insis_otp_benches::{candidates, count};
use insis_otp_tests::env::{run, talk};
use insis_otp_tests::page::Page;
use insis_otp_tests::person::Person;
use insis_otp_tests::ssh::Sshd;
use insis_otp_tests::terminal::Terminal;

use super::Bench;

/// Whole logins over ssh, with the password alone and with the code too.
pub fn ssh_logins(bench: &mut Bench) {
    let rest = "account required pam_permit.so\nsession required pam_permit.so\n";
    let unix = "auth required pam_unix.so\n";
    let code = "auth required pam_insis_otp.so\n";
    bench.env.write(Path::new("/etc/pam.d/one"), format!("{unix}{rest}").as_bytes(), 0o644);
    bench.env.write(Path::new("/etc/pam.d/two"), format!("{unix}{code}{rest}").as_bytes(), 0o644);
    let anna = Person::enrolled("anna", 1);
    let servers = [Sshd::start(&bench.env, "one", ""), Sshd::start(&bench.env, "two", "")];
    let mut times = servers.each_ref().map(|_| Vec::new());
    // sshd itself takes by a twentieth more or less each time, which fifty logins do not even out.
    for _ in 0..200 {
        for (number, (server, times)) in servers.iter().zip(&mut times).enumerate() {
            let typed = anna.code(bench.next_step());
            let start = Instant::now();
            let mut login = server.login("anna", "echo here I am");
            login.expect("Password: ");
            login.line("correct horse");
            if number == 1 {
                login.expect("One-time code: ");
                login.line(&typed);
            }
            login.expect("here I am");
            times.push(start.elapsed());
            login.wait();
        }
    }
    let [without, with] = times;
    let row = Row::ratio(
        "login over ssh, password and code",
        median(&with),
        "password alone",
        median(&without),
        1.02,
    );
    bench.report.add(row);
}

/// The program that a person runs.
pub fn otp_setup(bench: &mut Bench) {
    let program = Path::new("/usr/bin/otp-setup");
    bench.report.add(Row::bound("otp-setup", Figure::count(count::kib(program), "KiB"), 4096.0));
    let mut times = Vec::new();
    for _ in 0..50 {
        let mut command = bench.env.command("/usr/bin/otp-setup");
        command.args(["--yes", "--user", "anna"]);
        let start = Instant::now();
        let mut terminal = Terminal::sized(&command, 50, 100);
        // The question comes after the whole picture.
        terminal.expect("▀▀▀▀▀▀▀");
        terminal.expect("First code:");
        times.push(start.elapsed());
        terminal.interrupt();
    }
    bench.report.add(Row::bound(
        "otp-setup: from its start to the QR code on the screen",
        median(&times),
        20_000.0,
    ));
    print_page(bench);
}

/// The page to keep safe, as a file: the program goes away without codes once it is written, and on the disk.
fn print_page(bench: &mut Bench) {
    let pdf = bench.disk.join("page.pdf");
    let mut times = Vec::new();
    for _ in 0..50 {
        let mut command = bench.env.command("/usr/bin/otp-setup");
        command.args(["--batch", "--yes", "--user", "anna", "--save"]).arg(&pdf);
        let start = Instant::now();
        talk(&mut command, "");
        times.push(start.elapsed());
        let page = std::fs::read(&pdf).expect("no page was written");
        assert!(page.starts_with(b"%PDF-"), "not a page");
        std::fs::remove_file(&pdf).expect("cannot remove the page");
    }
    bench.report.add(Row::bound(
        "otp-setup: from its start to its end, with the page as a PDF on the disk",
        median(&times),
        50_000.0,
    ));
}

/// `otp-setup list` and `report`, with everybody enrolled.
pub fn list_of_many(bench: &mut Bench) {
    const MANY: usize = 100_000;
    let folder = bench.disk.join("listed");
    let anna = candidates::enrolled("anna", 1, &folder);
    let template = folder.join("store/%u");
    let config = format!("secret_file = \"{}\"\n", template.display());
    bench.env.write(Path::new("/etc/security/insis-otp.toml"), config.as_bytes(), 0o644);
    enroll_everybody(&anna, MANY);
    for what in ["list", "report"] {
        let mut times = Vec::new();
        for _ in 0..5 {
            let mut command = bench.env.command("/usr/bin/otp-setup");
            let start = Instant::now();
            let shown = run(command.arg(what));
            times.push(start.elapsed());
            let rows =
                shown.stdout.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"listed")).count();
            assert_eq!(rows, MANY, "somebody is not in the {what}");
        }
        let row = format!("otp-setup {what}, 100,000 paired users");
        bench.report.add(Row::bound(&row, median(&times), 2_000_000.0));
    }
}

/// Adds that many users to the machine. Each has a secret file like anna's.
fn enroll_everybody(anna: &Person, count: usize) {
    let mut passwd = std::fs::read_to_string("/etc/passwd").expect("no users");
    let page = Page::of(&std::fs::read(anna.file.path()).expect("no secret file"));
    for number in 0..count {
        let (name, id) = (format!("listed{number}"), 200_000 + number as u32);
        passwd.push_str(&format!("{name}:x:{id}:{id}::/home/{name}:/bin/sh\n"));
        let path = anna.file.path().with_file_name(&name);
        let page = page.clone().head("user = \"anna\"", &format!("user = \"{name}\""));
        std::fs::write(&path, page.bytes()).expect("cannot write a secret file");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("cannot protect a file");
        std::os::unix::fs::chown(&path, Some(id), Some(id)).expect("cannot give a file away");
    }
    std::fs::write("/etc/passwd", passwd).expect("cannot add users");
}
