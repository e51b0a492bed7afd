//! The page to keep safe: its forms, its printer, and what it says.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use insis_otp_tests::env::{Env, run, talk};
use insis_otp_tests::phone::scan;

fn machine() -> Env {
    Env::build().user("anna", "secret").start()
}

/// Saves the page as anna, in a language, and goes away: the page is made before the codes are asked for.
fn save(env: &Env, file: &str, language: &str, more: &[&str]) -> (PathBuf, String) {
    let path = env.home("anna").join(file);
    let mut setup = env.as_user("anna", "otp-setup");
    setup.args(["--yes", "--save"]).arg(&path).args(more).env("LC_ALL", language);
    let output = talk(&mut setup, "");
    (path, String::from_utf8(output.stdout).unwrap())
}

/// The secret that the screen showed.
fn secret(heard: &str) -> String {
    let group = |word: &&str| word.len() == 4 && word.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7'));
    let groups: String = heard.split_whitespace().filter(group).take(8).collect();
    assert_eq!(groups.len(), 32, "{heard}");
    groups
}

fn pixels(env: &Env, pdf: &Path) -> PathBuf {
    let picture = env.home("anna").join("pixels");
    run(Command::new("pdftoppm").args(["-r", "150", "-png", "-singlefile"]).arg(pdf).arg(&picture));
    picture.with_extension("png")
}

fn text(pdf: &Path) -> String {
    String::from_utf8(run(Command::new("pdftotext").arg("-layout").arg(pdf).arg("-")).stdout).unwrap()
}

#[test]
fn the_pdf_is_scanned_and_read_in_both_languages_and_sizes() {
    let env = machine();
    let cases = [
        (
            "en_GB.UTF-8",
            "a4",
            "595.28 x 841.89",
            "Whoever holds this page holds the second factor",
            [
                "time-based",
                "6 digits",
                "Recovery codes",
                "Phone forgotten",
                "New phone",
                "Phone or page lost",
            ],
        ),
        (
            "cs_CZ.UTF-8",
            "letter",
            "612 x 792",
            "Kdo má tuto stránku, má druhý faktor",
            [
                "podle času",
                "číslic: 6",
                "Záchranné kódy",
                "Telefon doma",
                "Nový telefon",
                "Telefon či list ztracen",
            ],
        ),
    ];
    let host = nix::unistd::gethostname().unwrap().into_string().unwrap();
    let year =
        String::from_utf8(run(Command::new("date").args(["-u", "+%Y-"])).stdout).unwrap().trim().to_owned();
    for (language, paper, size, words, parts) in cases {
        let (pdf, heard) = save(&env, &format!("{paper}.pdf"), language, &["--paper", paper]);
        let secret = secret(&heard);
        let scanned = scan(&pixels(&env, &pdf));
        assert!(scanned.len() == 1 && scanned[0].contains(&format!("secret={secret}")), "{scanned:?}");
        let text = text(&pdf);
        let mut wanted: Vec<_> = secret.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
        wanted.extend([words.into(), "SHA1, ".into(), "30 s".into(), format!("anna@{host}").into()]);
        wanted.extend(parts.map(Into::into));
        for wanted in wanted {
            assert!(text.contains(&*wanted), "{wanted} is not in\n{text}");
        }
        // Once for the host and the issuer each, and in the account's name.
        assert!(text.matches(&host).count() >= 3 && text.matches(&year).count() == 1, "{text}");
        let images = String::from_utf8(run(Command::new("pdfimages").arg("-list").arg(&pdf)).stdout).unwrap();
        assert_eq!(images.lines().count(), 2, "the code is a picture, no drawing:\n{images}");
        let code = |word: &&str| word.len() == 11 && word.as_bytes()[5] == b'-' && !word.contains("otp");
        assert_eq!(text.split_whitespace().filter(code).count(), 10, "{text}");
        let about = String::from_utf8(run(Command::new("pdfinfo").arg(&pdf)).stdout).unwrap();
        assert!(about.contains(size) && about.contains("Pages:           1"), "{about}");
        let fonts = String::from_utf8(run(Command::new("pdffonts").arg(&pdf)).stdout).unwrap();
        assert!(fonts.lines().skip(2).all(|font| font.contains(" yes yes yes ")), "not embedded:\n{fonts}");
    }
}

#[test]
fn every_form_is_for_its_owner_alone_and_the_picture_scans() {
    let env = machine();
    for form in ["pdf", "png", "svg", "txt"] {
        let (path, heard) = save(&env, &format!("page.{form}"), "C.UTF-8", &[]);
        let metadata = path.metadata().unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{form}");
        if form == "png" {
            assert!(scan(&path)[0].contains(&secret(&heard)));
        }
        if form == "txt" || form == "svg" {
            assert!(std::fs::read_to_string(&path).unwrap().contains(&secret(&heard)[..4]));
        }
    }
    for (file, why) in [
        ("page.doc", "has to end in .pdf"),
        ("nowhere/x.pdf", "/home/anna/nowhere: No such file or directory"),
    ] {
        let path = env.home("anna").join(file);
        let output = talk(env.as_user("anna", "otp-setup").args(["--yes", "--save"]).arg(&path), "");
        let shown = String::from_utf8(output.stderr).unwrap();
        assert!(shown.contains(why) && !shown.contains("os error") && output.stdout.is_empty(), "{shown}");
    }
}

#[test]
fn an_existing_file_is_replaced_only_when_that_is_said() {
    let env = machine();
    let path = env.home("anna").join("page.txt");
    std::fs::write(&path, "precious").unwrap();
    let run = |answer: &str| {
        let mut setup = env.as_user("anna", "otp-setup");
        talk(setup.args(["--text", "--save"]).arg(&path), answer)
    };
    run("yes\nno\n");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    run("yes\nyes\n");
    // Anna may not write in it, but the home is hers.
    assert!(std::fs::read_to_string(&path).unwrap().contains("Secret"));
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        std::fs::read_dir(env.home("anna"))
            .unwrap()
            .flatten()
            .filter(|e| e.file_name().to_string_lossy().contains("page"))
            .count(),
        1
    );
}

#[test]
fn the_printer_gets_the_page_without_a_file() {
    let env = machine();
    // A printing system that keeps what comes in.
    let got = env.home("anna").join("printed");
    let lp = format!("#!/bin/sh\necho \"$*\" >{0}.how\nexec cat >{0}.pdf\n", got.display());
    let mut setup = env.as_user("anna", "otp-setup");
    let setup = setup.args(["--yes", "--print"]).env("LC_ALL", "en_US.UTF-8");
    // To the kernel, a program whose interpreter is not there is as good as one that is not there itself.
    lp_is(&env, "#!/no/such/interpreter\n");
    let without = talk(setup, "");
    assert!(String::from_utf8_lossy(&without.stdout).contains("no printing system"));
    lp_is(&env, &lp);
    let heard = talk(setup, "");
    let heard = String::from_utf8_lossy(&heard.stdout);
    assert!(heard.contains("on its way to the printer") && heard.contains("is void"), "{heard}");
    assert!(text(&got.with_extension("pdf")).contains(&secret(&heard)[..4]));
    let how = std::fs::read_to_string(got.with_extension("how")).unwrap();
    assert_eq!(how.trim(), "-s -t insis-otp -o media=Letter -");
}

/// A script instead of lp. /usr is shared by the tests of a machine: only this one sees it.
fn lp_is(env: &Env, script: &str) {
    let (path, none, bind) = (Path::new("/etc/lp"), None::<&str>, nix::mount::MsFlags::MS_BIND);
    env.write(path, script.as_bytes(), 0o755);
    nix::mount::mount(Some(path), "/usr/bin/lp", none, bind, none).unwrap();
}

/// A cupsd that listens on a socket of its own, with a printer that is a script.
struct Cups {
    daemon: Child,
}

const PAPER: &str = "/run/otp-test/paper";
const SOCKET: &str = "/run/otp-test/cups.sock";
const SPOOL: &str = "/run/otp-test/spool";

impl Cups {
    fn start(env: &Env) -> Self {
        for folder in ["spool/tmp", "cache", "state"] {
            std::fs::create_dir_all(Path::new("/run/otp-test").join(folder)).unwrap();
        }
        let write = |path: &str, text: &str, mode| env.write(Path::new(path), text.as_bytes(), mode);
        // What a filter hands on to a printer comes as a file, or at standard input.
        let backend = format!(
            "#!/bin/sh\n[ $# -gt 0 ] || exit 0\necho \"$CONTENT_TYPE $2 $5\" >{PAPER}.how\n\
             cat -- \"${{6:--}}\" >{PAPER}.new && mv {PAPER}.new {PAPER}\n"
        );
        // Mode 0700 has it run as root, which may write there.
        write("/etc/cups/bin/backend/paper", &backend, 0o700);
        std::os::unix::fs::symlink("/usr/lib/cups/daemon", "/etc/cups/bin/daemon").unwrap();
        let folders = "SystemGroup root\nServerBin /etc/cups/bin\nRequestRoot /run/otp-test/spool\n\
                      TempDir /run/otp-test/spool/tmp\nCacheDir /run/otp-test/cache\nStateDir /run/otp-test/state\n\
                      AccessLog /run/otp-test/cups.access\nErrorLog /run/otp-test/cups.error\n\
                      PageLog /run/otp-test/cups.page\n";
        write("/etc/cups/cups-files.conf", folders, 0o644);
        // Nothing of the network, and root may set up printers.
        let settings = format!(
            "Listen {SOCKET}\nBrowsing No\nWebInterface No\nDefaultAuthType None\n<Location />\n  Order allow,deny\n\
             </Location>\n<Policy default>\n  <Limit All>\n    Order deny,allow\n  </Limit>\n</Policy>\n"
        );
        write("/etc/cups/cupsd.conf", &settings, 0o644);
        write("/etc/cups/client.conf", &format!("ServerName {SOCKET}\n"), 0o644);
        let daemon = env.command("/usr/sbin/cupsd").arg("-f").spawn().expect("no cupsd");
        let cups = Self { daemon };
        wait_for("cupsd", || std::os::unix::net::UnixStream::connect(SOCKET).is_ok());
        cups
    }

    /// The data of jobs that the printing system keeps.
    fn kept() -> Vec<PathBuf> {
        let entries = std::fs::read_dir(SPOOL).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with('d')).collect()
    }
}

impl Drop for Cups {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !is_there() {
        assert!(start.elapsed().as_secs() < 20, "{what} does not come");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn the_page_comes_out_of_a_printer_of_cups() {
    let env = machine();
    let mut setup = env.as_user("anna", "otp-setup");
    let setup = setup.args(["--yes", "--print"]).env("LC_ALL", "en_GB.UTF-8");
    let mut heard = || {
        let shown = String::from_utf8(talk(setup, "").stdout).unwrap();
        shown.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    // Without a scheduler, and without a default printer: what to do is said.
    let advice = "lpoptions -d NAME makes one the default";
    env.write(Path::new("/etc/cups/client.conf"), format!("ServerName {SOCKET}\n").as_bytes(), 0o644);
    let without = heard();
    assert!(without.contains("It was not printed: lp: Error") && without.contains(advice), "{without}");
    let _cups = Cups::start(&env);
    let none = heard();
    assert!(none.contains("No default destination") && none.contains(advice), "{none}");
    run(env.command("/usr/sbin/lpadmin").args(["-p", "paper", "-E", "-v", "paper:/", "-m", "raw"]));
    // Chosen as the advice says.
    run(env.as_user("anna", "/usr/bin/lpoptions").args(["-d", "paper"]));
    let printed = heard();
    assert!(printed.contains("on its way to the printer"), "{printed}");
    wait_for("the page", || Path::new(PAPER).exists());
    let how = std::fs::read_to_string(format!("{PAPER}.how")).unwrap();
    assert!(how.starts_with("application/pdf anna ") && how.contains("media=A4"), "{how}");
    let scanned = scan(&pixels(&env, Path::new(PAPER)));
    let secret = format!("secret={}", secret(&printed));
    assert!(scanned.len() == 1 && scanned[0].starts_with("otpauth://totp/"), "{scanned:?}");
    assert!(scanned[0].contains(&secret), "{scanned:?}");
    let page = std::fs::read(PAPER).unwrap();
    assert!(page.starts_with(b"%PDF-"));
    // Nothing of ours lies about; what the printing system keeps, it keeps as the manual says, and to itself.
    for folder in [env.home("anna"), "/tmp".into(), "/var/tmp".into()] {
        let find = run(Command::new("find").arg(&folder).args([
            "-maxdepth",
            "2",
            "-user",
            "anna",
            "-name",
            "*.pdf",
        ]));
        assert_eq!(String::from_utf8_lossy(&find.stdout), "", "{}", folder.display());
    }
    let kept = Cups::kept();
    assert!(kept.len() == 1 && std::fs::read(&kept[0]).unwrap() == page, "{kept:?}");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(Path::new(SPOOL)) & 0o007, mode(&kept[0]) & 0o007), (0, 0));
    run(env.as_user("anna", "/usr/bin/cancel").args(["-a", "-x"]));
    assert!(Cups::kept().is_empty(), "{:?}", Cups::kept());
}

#[test]
fn a_page_that_cannot_be_made_is_known_before_anything_is_paired() {
    let env = machine();
    for (file, why) in
        [("/nodir/x.pdf", "/nodir"), ("/etc/x.pdf", "/etc"), ("x.doc", ".pdf, .png, .svg or .txt")]
    {
        let mut setup = env.as_user("anna", "otp-setup");
        let output = talk(setup.args(["--batch", "--yes", "--save", file]), "000000\n");
        let shown = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(5) && shown.contains(why), "{file}: {shown}");
        assert!(shown.contains("Nothing was changed") && output.stdout.is_empty(), "{file}: {shown}");
    }
    assert!(!std::fs::exists("/var/lib/insis-otp/anna").unwrap());
}

#[test]
fn renewed_recovery_codes_are_saved_without_the_secret() {
    let env = Env::build().user("anna", "secret").clock().start();
    env.clock().freeze(1_700_000_022);
    let uri = "otpauth://totp/Uni:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    run(Command::new("sh").args(["-c", &format!("echo '{uri}' | otp-setup import --user anna --uri -")]));
    let path = env.home("anna").join("codes.txt");
    let renew = |by: &str, code: &str| {
        let mut setup = env.as_user("anna", "otp-setup");
        setup.args(["recovery-codes", by]).arg(&path);
        talk(&mut setup, &format!("{code}\n"))
    };
    // Into a pipe nobody is asked to press Enter, or for anything else but the proof.
    let renewed = renew(
        "--save",
        &insis_otp_tests::phone::Phone::typed("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").code_at(1_700_000_022),
    );
    let shown = String::from_utf8(renewed.stdout).unwrap();
    assert!(renewed.status.success() && !shown.contains("Press Enter"), "{shown}");
    assert!(shown.contains("All former recovery codes are void"), "{shown}");
    let saved = std::fs::read_to_string(&path).unwrap();
    let codes: Vec<_> = saved.lines().filter_map(|line| line.strip_prefix("  [ ] ")).collect();
    assert!(codes.len() == 10 && codes.iter().all(|code| shown.contains(code)), "{saved}");
    assert!(!saved.contains("GEZD") && !saved.contains("Scan the code with the new phone"), "{saved}");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    // There it is already: nothing is renewed, and the proof is not even asked for.
    let mut again = env.as_user("anna", "otp-setup");
    let again = talk(again.args(["--batch", "recovery-codes", "--save"]).arg(&path), "");
    assert_eq!(again.status.code(), Some(5), "{again:?}");
    let spent =
        talk(env.as_user("anna", "otp-setup").args(["verify", "--batch"]), &format!("{}\n", codes[0]));
    assert!(spent.status.success(), "{spent:?}");
}
