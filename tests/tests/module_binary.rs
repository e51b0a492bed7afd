//! The file that sshd loads: what it shows to others, what it links to, how large it is, and that no panic gets out.

use std::path::PathBuf;
use std::process::Command;

use insis_otp_tests::env::{Env, module, run};
use insis_otp_tests::pam::{Code, ESTABLISH_CRED, Login, Stack};

fn words(command: &mut Command) -> String {
    String::from_utf8(run(command).stdout).unwrap()
}

#[test]
fn it_exports_the_entry_points_of_pam_and_nothing_else() {
    let symbols =
        words(Command::new("nm").args(["-D", "--defined-only", "--format=just-symbols"]).arg(module()));
    let mut symbols: Vec<_> = symbols.split_whitespace().collect();
    symbols.sort_unstable();
    let hooks = ["acct_mgmt", "authenticate", "chauthtok", "close_session", "open_session", "setcred"];
    assert_eq!(symbols, hooks.map(|hook| format!("pam_sm_{hook}")));
}

#[test]
fn it_links_to_libc_and_libpam_only() {
    let dynamic = words(Command::new("readelf").args(["--dynamic", "--wide"]).arg(module()));
    let needed = dynamic.lines().filter(|line| line.contains("(NEEDED)"));
    let mut names: Vec<_> =
        needed.filter_map(|line| Some(line.split_once('[')?.1.trim_end_matches(']'))).collect();
    names.retain(|name| !name.starts_with("ld-linux"));
    names.sort_unstable();
    assert_eq!(names, ["libc.so.6", "libpam.so.0"]);
    // Full RELRO, no executable stack.
    assert!(dynamic.contains("BIND_NOW") || dynamic.contains("NOW"), "{dynamic}");
    let segments = words(Command::new("readelf").args(["--segments", "--wide"]).arg(module()));
    let stack = segments.lines().find(|line| line.contains("GNU_STACK")).expect("a stack header");
    assert!(stack.contains(" RW ") && !stack.contains("RWE"), "{stack}");
}

/// The module in which hooks panic when they are told to.
fn panicking() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let built = own.ancestors().map(|folder| folder.join("panicking/pam_insis_otp.so"));
    built.into_iter().find(|path| path.exists()).expect("make test builds it: see PANICKING in the Makefile")
}

#[test]
fn a_panic_in_any_hook_is_contained_and_logged() {
    let env = Env::build().user("anna", "correct horse").start();
    let module = panicking();
    let stack = |hook: &str| {
        let line = |kind: &str| format!("{kind} required {} panic={hook}\n", module.display());
        Stack::new("door", &["auth", "account", "session", "password"].map(line).concat())
    };
    for (hook, stage) in
        [("auth", 0), ("setcred", 1), ("account", 2), ("chauthtok", 3), ("session", 4), ("session", 5)]
    {
        env.syslog().clear();
        let stack = stack(hook);
        let mut pam = Login::on(&stack).user("anna").types(["123456"]).begin();
        let code = match stage {
            0 => pam.authenticate(),
            1 => pam.setcred(ESTABLISH_CRED),
            2 => pam.acct_mgmt(0),
            3 => pam.chauthtok(0),
            4 => pam.open_session(0),
            _ => pam.close_session(0),
        };
        assert_eq!(code, Code::ABORT, "{hook}");
        let line =
            env.syslog().expect(&["<82>", &format!("pam_insis_otp({hook}): result=error reason=panic at=")]);
        assert!(line.contains("guard.rs:"), "{line}");
    }
}

#[test]
fn a_panic_writes_nothing_into_the_hosts_output() {
    let _env = Env::build().user("anna", "correct horse").start();
    let stack = Stack::new("door", &format!("auth required {} panic=auth", panicking().display()));
    let mut driver = Command::new(insis_otp_tests::env::program("pam-driver"));
    driver.arg("--confdir").arg(stack.folder()).args(["--service", "door", "--user", "anna"]);
    let output = driver.stdin(std::process::Stdio::null()).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("PAM_ABORT"));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
