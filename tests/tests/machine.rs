//! The throwaway machine leaves nothing behind.

use std::path::Path;
use std::process::Command;

use insis_otp_tests::env::{require_machine, run};

const WRECK: &str = "useradd -m mallory
touch /etc/left /usr/bin/left /var/lib/left /run/left /tmp/left /dev/left /dev/shm/left
chmod 600 /dev/null /dev/zero /dev/tty; chown daemon /dev/urandom
hostname wreck
sleep 4711 &
exit 3";

fn listing() -> String {
    let find = ["/etc", "/home", "/var/lib", "/var/mail", "/usr/bin", "/usr/libexec", "-xdev"];
    let output = run(Command::new("find").args(find).args(["-printf", "%p %m %u %s %T@\\n"]));
    String::from_utf8(output.stdout).unwrap() + &devices()
}

fn devices() -> String {
    let nodes = ["/dev", "-maxdepth", "1", "-type", "c", "-printf", "%p %m %u\\n"];
    String::from_utf8(run(Command::new("find").args(nodes)).stdout).unwrap()
}

fn mounts() -> String {
    std::fs::read_to_string("/proc/thread-self/mountinfo").unwrap()
}

#[test]
fn nothing_is_left_of_it() {
    require_machine();
    assert!(devices().contains("/dev/null 666 root\n"), "{}", devices());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("machine");
    let before = (listing(), mounts(), nix::unistd::gethostname().unwrap());
    let status = Command::new(script).args(["bash", "-c", WRECK]).status().unwrap();
    assert_eq!(status.code(), Some(3), "the command's own exit status");
    assert!(
        before == (listing(), mounts(), nix::unistd::gethostname().unwrap()),
        "something was left behind"
    );
    let processes = run(Command::new("ps").args(["-eo", "args"])).stdout;
    assert!(!String::from_utf8(processes).unwrap().contains("sleep 4711\n"), "a process was left behind");
}

#[test]
fn what_was_built_is_installed_in_it() {
    use std::os::unix::fs::MetadataExt;
    require_machine();
    let of = |path: &str| {
        Path::new(path).metadata().unwrap_or_else(|error| panic!("{path}: {error}; make build?"))
    };
    let group = nix::unistd::Group::from_name("insis-otp").unwrap().expect("make install makes the group");
    let (helper, store) = (of("/usr/libexec/otp-helper"), of("/var/lib/insis-otp"));
    assert_eq!((helper.uid(), helper.gid(), helper.mode() & 0o7777), (0, group.gid.as_raw(), 0o2755));
    assert_eq!((store.uid(), store.gid(), store.mode() & 0o7777), (0, group.gid.as_raw(), 0o1730));
    assert_eq!(of("/etc/security/insis-otp.toml").mode() & 0o7777, 0o644);
    assert_eq!(of("/usr/bin/otp-setup").mode() & 0o7777, 0o755);
}
