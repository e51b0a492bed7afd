//! PAM stacks of the form that distributions ship, for tests.

use std::path::Path;

use super::Machine;
use insis_otp::pam_stack::files::Files;

/// The line that asks for a code.
pub const OURS: &str = "auth required pam_insis_otp.so\n";

pub const DEBIAN_12: &str = "\
auth\t[success=1 default=ignore]\tpam_unix.so nullok
auth\trequisite\t\t\tpam_deny.so
auth\trequired\t\t\tpam_permit.so
auth\toptional\t\t\tpam_cap.so
";
pub const DEBIAN_13: &str = "\
auth [success=1 default=ignore] pam_unix.so nullok
auth requisite pam_deny.so
auth required pam_permit.so
";
pub const UBUNTU_SSSD: &str = "\
auth [success=2 default=ignore] pam_unix.so nullok
auth [success=1 default=ignore] pam_sss.so use_first_pass
auth requisite pam_deny.so
auth required pam_permit.so
auth optional pam_cap.so
";
pub const DEBIAN_KERBEROS: &str = "\
auth [success=2 default=ignore] pam_krb5.so minimum_uid=1000
auth [success=1 default=ignore] pam_unix.so nullok try_first_pass
auth requisite pam_deny.so
auth required pam_permit.so
";
/// The profile's line stands where pam-auth-update puts it.
pub const DEBIAN_PROFILE: &str = "\
auth [success=1 default=ignore] pam_unix.so nullok
auth requisite pam_deny.so
auth required pam_permit.so
auth required pam_insis_otp.so
auth optional pam_cap.so
";
/// As authselect writes it for SSSD.
pub const FEDORA: &str = "\
auth        required                                     pam_env.so
auth        required                                     pam_faildelay.so delay=2000000
auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular
auth        [default=1 ignore=ignore success=ok]         pam_localuser.so
auth        sufficient                                   pam_unix.so nullok
auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular
auth        sufficient                                   pam_sss.so forward_pass
auth        required                                     pam_deny.so
";
/// The same with pam_faillock.
pub const FEDORA_FAILLOCK: &str = "\
auth        required                                     pam_env.so
auth        required                                     pam_faildelay.so delay=2000000
auth        required                                     pam_faillock.so preauth silent
auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular
auth        [default=1 ignore=ignore success=ok]         pam_localuser.so
auth        sufficient                                   pam_unix.so nullok
auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular
auth        sufficient                                   pam_sss.so forward_pass
auth        required                                     pam_faillock.so authfail
auth        required                                     pam_deny.so
";
/// A profile of the site's own, in which both ways to know a password lead to the code.
pub const FEDORA_SOUND: &str = "\
auth        required                                     pam_env.so
auth        required                                     pam_faildelay.so delay=2000000
auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular
auth        [default=1 ignore=ignore success=ok]         pam_localuser.so
auth        [success=3 default=ignore]                   pam_unix.so nullok
auth        [default=1 ignore=ignore success=ok]         pam_usertype.so isregular
auth        [success=1 default=ignore]                   pam_sss.so forward_pass
auth        requisite                                    pam_deny.so
auth        required                                     pam_insis_otp.so
";
pub const GENTOO: &str = "\
auth            required        pam_env.so
auth            requisite       pam_faillock.so preauth
auth            [success=1 new_authtok_reqd=1 ignore=ignore default=bad]        pam_unix.so nullok try_first_pass
auth            [default=die]   pam_faillock.so authfail
";
/// As many set pam_faillock up by hand.
pub const GENTOO_SUFFICIENT: &str = "\
auth            required        pam_env.so
auth            requisite       pam_faillock.so preauth
auth            sufficient      pam_unix.so nullok try_first_pass
auth            [default=die]   pam_faillock.so authfail
";
pub const ARCH: &str = "\
auth       required                    pam_faillock.so      preauth
-auth      [success=2 default=ignore]  pam_systemd_home.so
auth       [success=1 default=bad]     pam_unix.so          try_first_pass nullok
auth       [default=die]               pam_faillock.so      authfail
auth       optional                    pam_permit.so
auth       required                    pam_env.so
auth       required                    pam_faillock.so      authsucc
";
pub const OPENSUSE: &str = "\
auth\trequired\tpam_env.so
auth\toptional\tpam_gnome_keyring.so
auth\trequired\tpam_unix.so\ttry_first_pass
";

/// An sshd stack that takes a shared one in, and then has another line.
pub fn sshd(include: &str, line: &str) -> String {
    format!("{include}\n{line}account required pam_nologin.so\n")
}

/// The files of a machine: sshd's stack, and a shared one.
pub fn files(sshd: &str, shared: (&str, &str)) -> Files {
    let permit = "account required pam_permit.so\n";
    Files::default()
        .with("common-account", permit)
        .with("common-password", "password required pam_permit.so\n")
        .with("common-session", "session required pam_permit.so\n")
        .with("sshd", sshd)
        .with(shared.0, &format!("{}{permit}", shared.1))
        .with(
            "system-login",
            "auth required pam_shells.so\nauth requisite pam_nologin.so\nauth include system-auth\n",
        )
        .with("postlogin", "session optional pam_lastlog.so\n")
}

/// Ten systems on which nothing is wrong.
pub fn sound() -> Vec<(&'static str, Files)> {
    let debian = |common: &str| files(&sshd("@include common-auth", OURS), ("common-auth", common));
    let requisite = OPENSUSE.replace("required\tpam_unix.so", "requisite\tpam_unix.so");
    let vendor = "auth requisite pam_nologin.so\nauth include common-auth";
    vec![
        ("Debian 12", debian(DEBIAN_12)),
        ("Debian 13", debian(DEBIAN_13)),
        ("Ubuntu with SSSD", debian(UBUNTU_SSSD)),
        ("Debian with Kerberos", debian(DEBIAN_KERBEROS)),
        ("Debian with the profile", files(&sshd("@include common-auth", ""), ("common-auth", DEBIAN_PROFILE))),
        (
            "Fedora",
            files(&sshd("auth substack password-auth\nauth include postlogin", ""), ("password-auth", FEDORA_SOUND)),
        ),
        ("Gentoo", files(&sshd("auth include system-auth", OURS), ("system-auth", GENTOO))),
        ("Arch", files(&sshd("auth include system-login", OURS), ("system-auth", ARCH))),
        ("openSUSE", files(&sshd(vendor, OURS), ("common-auth", &requisite))),
        (
            "root by su, and a group without codes",
            files(&sshd("@include common-auth", OURS), ("common-auth", DEBIAN_12)).with(
                "su",
                "auth sufficient pam_rootok.so\n@include common-auth\n\
                 auth [success=1 default=ignore] pam_succeed_if.so user ingroup nocode\nauth required pam_insis_otp.so\n",
            ),
        ),
        (
            "a screen locker",
            files(&sshd("@include common-auth", OURS), ("common-auth", DEBIAN_12))
                .with("swaylock", "auth required pam_insis_otp.so forward_pass\nauth required pam_unix.so use_first_pass\n"),
        ),
    ]
}

/// A machine that has every module which the files name, and those folders that a machine has.
pub fn machine(root: &Path, files: &Files) -> Machine {
    let folder = root.join("lib/security");
    std::fs::create_dir_all(&folder).unwrap();
    let messages = files.names().map(|name| files.get(name).unwrap().text.clone());
    let words: Vec<String> =
        messages.flat_map(|text| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
    for module in words.iter().filter(|word| word.starts_with("pam_") && word.ends_with(".so")) {
        std::fs::write(folder.join(module), "").unwrap();
    }
    Machine::below(root)
}
