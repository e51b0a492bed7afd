//! The page to keep safe: its forms, its printer, and what it says.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

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
        ("en_GB.UTF-8", "a4", "595.28 x 841.89", "Whoever holds this page holds the second factor"),
        ("cs_CZ.UTF-8", "letter", "612 x 792", "Kdo má tuto stránku, má druhý faktor"),
    ];
    for (language, paper, size, words) in cases {
        let (pdf, heard) = save(&env, &format!("{paper}.pdf"), language, &["--paper", paper]);
        let secret = secret(&heard);
        let scanned = scan(&pixels(&env, &pdf));
        assert!(scanned.len() == 1 && scanned[0].contains(&format!("secret={secret}")), "{scanned:?}");
        let text = text(&pdf);
        for wanted in [words, &secret[..4], "anna@"] {
            assert!(text.contains(wanted), "{wanted} is not in\n{text}");
        }
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
        let facts = path.metadata().unwrap();
        assert_eq!(facts.permissions().mode() & 0o777, 0o600, "{form}");
        if form == "png" {
            assert!(scan(&path)[0].contains(&secret(&heard)));
        }
        if form == "txt" || form == "svg" {
            assert!(std::fs::read_to_string(&path).unwrap().contains(&secret(&heard)[..4]));
        }
    }
    let (path, heard) = save(&env, "page.doc", "C.UTF-8", &[]);
    assert!(!path.exists() && heard.contains("has to end in .pdf"), "{heard}");
    let (path, heard) = save(&env, "nowhere/page.pdf", "C.UTF-8", &[]);
    // Perhaps in several lines.
    let heard = heard.split_whitespace().collect::<Vec<_>>().join(" ");
    let wrong = format!("It did not work: {}: No such file or directory", path.display());
    assert!(heard.contains(&wrong) && !heard.contains("os error"), "{heard}");
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
    // The machine may have a real one, which knows no printer.
    let _ = std::fs::remove_file("/usr/bin/lp");
    let mut setup = env.as_user("anna", "otp-setup");
    let setup = setup.args(["--yes", "--print"]).env("LC_ALL", "en_US.UTF-8");
    let without = talk(setup, "");
    assert!(String::from_utf8_lossy(&without.stdout).contains("no printing system"));
    env.write(Path::new("/etc/lp"), lp.as_bytes(), 0o755);
    nix::mount::mount(
        Some("/etc/lp"),
        place_for_lp().as_path(),
        None::<&str>,
        nix::mount::MsFlags::MS_BIND,
        None::<&str>,
    )
    .unwrap();
    let heard = talk(setup, "");
    let heard = String::from_utf8_lossy(&heard.stdout);
    assert!(heard.contains("on its way to the printer") && heard.contains("is void"), "{heard}");
    assert!(text(&got.with_extension("pdf")).contains(&secret(&heard)[..4]));
    let how = std::fs::read_to_string(got.with_extension("how")).unwrap();
    assert_eq!(how.trim(), "-s -t insis-otp -o media=Letter -");
}

/// /usr is shared by the tests of a machine; a file that only this one sees goes over an empty one.
fn place_for_lp() -> PathBuf {
    let path = PathBuf::from("/usr/bin/lp");
    if !path.exists() {
        std::fs::write(&path, "").unwrap();
    }
    path
}
