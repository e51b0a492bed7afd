use super::super::fixtures::{
    self, ARCH, DEBIAN_12, FEDORA, FEDORA_FAILLOCK, GENTOO_SUFFICIENT, OPENSUSE, files, sshd,
};
use super::*;

/// What is found about a machine's stacks; our module's file, which is none here, left out of account.
fn examined(files: &Files, config: &str, sshd_proves: bool) -> (Vec<Finding>, Vec<String>) {
    let root = tempfile::tempdir().unwrap();
    let machine = fixtures::machine(root.path(), files);
    examined_on(&machine, files, config, sshd_proves)
}

fn examined_on(
    machine: &Machine,
    files: &Files,
    config: &str,
    sshd_proves: bool,
) -> (Vec<Finding>, Vec<String>) {
    let messages = Messages::of_locale("en");
    let site = Config::parse(config, Path::new("x")).unwrap();
    let examination =
        Examination { messages: &messages, machine, files, site: &site, now: UnixTime(0), sshd_proves };
    let (findings, used) = examination.run();
    let own = |finding: &Finding| !finding.location.starts_with(&*machine.root().to_string_lossy());
    let findings = findings.into_iter().filter(own).collect();
    (findings, used.into_iter().map(|used| used.service).collect())
}

/// Severity, location and what of the findings about sshd on Debian's common-auth, or another one.
fn found(sshd: &str, common: &str) -> Vec<(Severity, String)> {
    let files = files(sshd, ("common-auth", common));
    let (findings, used) = examined(&files, "", false);
    assert!(used.iter().any(|used| used == "sshd"), "{findings:?}");
    findings
        .into_iter()
        .map(|finding| (finding.severity, format!("{} {}", finding.location, finding.what)))
        .collect()
}

/// The line of the only finding.
#[track_caller]
fn line(sshd: &str, common: &str) -> (Severity, String, String) {
    let (findings, _) = examined(&files(sshd, ("common-auth", common)), "", false);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    let finding = findings[0].clone();
    (finding.severity, finding.location, finding.line)
}

const SOUND: &str = "@include common-auth\nauth required pam_insis_otp.so\n";

#[test]
fn sound_systems_give_no_finding() {
    let systems = fixtures::sound();
    assert!(systems.len() >= 10);
    for (name, files) in systems {
        for config in ["", "unenrolled = \"ignore\"\n"] {
            let (findings, used) = examined(&files, config, false);
            assert!(findings.is_empty() && used[0] == "sshd", "{name} {config}: {findings:#?}");
        }
    }
    // A key before the code, and nothing else: the shipped stack makes sure of it, others have to trust sshd.
    let ignore = "unenrolled = \"ignore\"\n";
    let model = include_str!("../../../../config/pam.d/sshd-key-and-code");
    assert_eq!(examined(&files(model, ("common-auth", DEBIAN_12)), ignore, false).0, []);
    let alone = "auth required pam_insis_otp.so\nauth required pam_permit.so\n";
    let alone = files(alone, ("common-auth", DEBIAN_12));
    assert_eq!(examined(&alone, ignore, true).0, []);
    let (findings, _) = examined(&alone, ignore, false);
    assert!(findings.len() == 1 && findings[0].severity == Severity::Problem, "{findings:#?}");
}

/// Every shipped stack is sound in the doctor's eyes.
#[test]
fn shipped_stacks_give_no_finding() {
    let models = [
        ("login", include_str!("../../../../config/pam.d/login")),
        ("su", include_str!("../../../../config/pam.d/su")),
        ("sudo", include_str!("../../../../config/pam.d/sudo")),
        ("sudo-i", include_str!("../../../../config/pam.d/sudo-i")),
        ("swaylock", include_str!("../../../../config/pam.d/screen-locker")),
        ("cockpit", include_str!("../../../../config/pam.d/cockpit")),
        ("polkit-1", include_str!("../../../../config/pam.d/polkit-1")),
        ("gdm-password", include_str!("../../../../config/pam.d/gdm-password")),
        ("lightdm", include_str!("../../../../config/pam.d/lightdm")),
        ("sddm", include_str!("../../../../config/pam.d/sddm")),
        ("dovecot", include_str!("../../../../config/pam.d/dovecot")),
        ("radiusd", include_str!("../../../../config/pam.d/radiusd")),
        ("smtp", include_str!("../../../../config/pam.d/saslauthd")),
        ("xrdp-sesman", include_str!("../../../../config/pam.d/xrdp-sesman")),
    ];
    for sshd in [include_str!("../../../../config/pam.d/sshd"), ENROLL_MODEL] {
        let mut all = files(sshd, ("common-auth", DEBIAN_12)).with("common-session-noninteractive", "");
        for (name, text) in models {
            all = all.with(name, text);
        }
        for config in ["", "unenrolled = \"ignore\"\n"] {
            let (findings, used) = examined(&all, config, false);
            assert!(findings.is_empty() && used.len() == models.len() + 1, "{findings:#?}");
        }
    }
}

#[test]
fn a_password_that_skips_the_code_is_found() {
    for common in [
        "auth sufficient pam_unix.so\nauth required pam_deny.so\n",
        "auth [success=done default=ignore] pam_unix.so\nauth requisite pam_deny.so\n",
        "auth [success=3 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n",
    ] {
        let found = found(&format!("{SOUND}auth required pam_permit.so\n"), common);
        let skipped = found.iter().find(|(_, what)| what.contains("skipped")).unwrap();
        assert!(
            skipped.0 == Severity::Problem && skipped.1.starts_with("/etc/pam.d/common-auth:1"),
            "{found:?}"
        );
    }
    // Profiles of other packages that end the stack before our line.
    let other = "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n\
                 auth sufficient pam_encfs.so\nauth required pam_insis_otp.so\n";
    let found = found("@include common-auth\n", other);
    assert!(found[0].1.starts_with("/etc/pam.d/common-auth:4 When pam_encfs.so"), "{found:?}");
}

#[test]
fn a_wrong_code_that_refuses_nothing_is_found() {
    for control in [
        "sufficient",
        "optional",
        "[success=ok default=ignore]",
        "[success=done auth_err=ignore default=die]",
        // What the module says when the store is away.
        "[success=ok ignore=ignore auth_err=die authinfo_unavail=ignore default=die]",
    ] {
        let found = found(&format!("@include common-auth\nauth {control} pam_insis_otp.so\n"), DEBIAN_12);
        assert_eq!(found.len(), 1, "{control}: {found:?}");
        assert!(found[0].0 == Severity::Problem && found[0].1.starts_with("/etc/pam.d/sshd:2"), "{found:?}");
    }
}

#[test]
fn a_wrong_password_that_refuses_nothing_is_found() {
    let found = found("auth optional pam_unix.so\nauth required pam_insis_otp.so\n", "");
    assert!(
        found
            .iter()
            .any(|(severity, what)| *severity == Severity::Problem && what.contains("wrong password")),
        "{found:?}"
    );
}

#[test]
fn the_code_after_a_wrong_password_is_found() {
    let (severity, location, text) =
        line(SOUND, &OPENSUSE.replace("auth\toptional\tpam_gnome_keyring.so\n", ""));
    assert_eq!((severity, location.as_str()), (Severity::Warning, "/etc/pam.d/common-auth:2"));
    assert_eq!(text, "auth requisite pam_unix.so try_first_pass");
    let (severity, location, text) =
        line(SOUND, "auth [success=1 default=ignore] pam_unix.so\nauth required pam_deny.so\n");
    assert_eq!((severity, location.as_str()), (Severity::Warning, "/etc/pam.d/common-auth:1"));
    assert_eq!(text, "auth requisite pam_deny.so");
}

#[test]
fn order_arguments_and_a_stack_without_success_are_found() {
    let order = found("auth required pam_insis_otp.so\n@include common-auth\n", DEBIAN_12);
    assert!(order.len() == 1 && order[0].1.contains("pam_unix.so"), "{order:?}");
    let (_, _, text) =
        line("@include common-auth\nauth required pam_insis_otp.so trie=2 [prompt=My code: ]\n", DEBIAN_12);
    assert_eq!(text, "auth required pam_insis_otp.so tries=2 [prompt=My code: ]");
    let die = "auth requisite pam_unix.so\nauth [success=ok default=die] pam_insis_otp.so nullok\n";
    assert_eq!(line(die, "").2, "auth required pam_insis_otp.so nullok");
    let alone = "auth required pam_insis_otp.so nullok\n";
    assert_eq!(line(alone, DEBIAN_12).0, Severity::Problem);
    let (_, _, text) =
        line("@include common-auth\nauth required pam_insis_otp.so use_first_pass\n", DEBIAN_12);
    assert_eq!(text, "auth required pam_insis_otp.so");
    let first = line("@include common-auth\nauth required pam_insis_otp.so try_first_pass\n", DEBIAN_12);
    assert_eq!(first.0, Severity::Note);
}

/// The real file of a Fedora, as authselect writes it.
#[test]
fn what_authselect_writes_is_changed_in_a_profile() {
    let generated = format!("# Generated by authselect\n{FEDORA}{}", fixtures::OURS);
    let stack = sshd("auth substack password-auth\nauth include postlogin", "");
    let (findings, _) = examined(&files(&stack, ("password-auth", &generated)), "", false);
    assert!(!findings.is_empty(), "{findings:#?}");
    for finding in findings {
        let profile = finding.remedy.contains("/etc/authselect/custom/insis-otp/password-auth");
        assert!(profile && !finding.line.contains("sed -i"), "{finding:#?}");
    }
}

#[test]
fn what_is_there_twice_is_found() {
    let (severity, location, text) = line(SOUND, fixtures::DEBIAN_PROFILE);
    assert_eq!((severity, location.as_str()), (Severity::Warning, "/etc/pam.d/sshd:2"));
    assert_eq!(text, "sed -i --follow-symlinks -e 2d /etc/pam.d/sshd");
}

#[test]
fn every_change_that_is_offered_mends_all_of_it() {
    let gentoo =
        |stack: &str| files(&sshd("auth include system-auth", fixtures::OURS), ("system-auth", stack));
    let fedora = |stack: &str| {
        let own = format!("{stack}{}", fixtures::OURS);
        files(&sshd("auth substack password-auth\nauth include postlogin", ""), ("password-auth", &own))
    };
    let systems = [
        ("Gentoo", gentoo(GENTOO_SUFFICIENT)),
        (
            "Arch, included too late",
            files("auth required pam_insis_otp.so\nauth include system-login\n", ("system-auth", ARCH)),
        ),
        ("Fedora", fedora(FEDORA)),
        ("Fedora with faillock", fedora(FEDORA_FAILLOCK)),
        (
            "Debian, jumps too far",
            files(SOUND, ("common-auth", &DEBIAN_12.replace("success=1", "success=4"))),
        ),
        (
            "continued lines",
            files(
                "auth sufficient \\\n pam_unix.so \\\n nullok\nauth required pam_insis_otp.so\n",
                ("x", ""),
            ),
        ),
        (
            "two faults",
            files(
                "auth sufficient pam_insis_otp.so trie=2\n@include common-auth\n",
                ("common-auth", DEBIAN_12),
            ),
        ),
    ];
    for (name, files) in systems {
        corrects(name, &files);
    }
}

/// What is offered for these files leaves nothing to be found.
fn corrects(name: &str, files: &Files) {
    let root = tempfile::tempdir().unwrap();
    let machine = fixtures::machine(root.path(), files);
    let (findings, _) = examined_on(&machine, files, "", false);
    assert!(
        !findings.is_empty() && findings.iter().all(|finding| finding.line != "man otp-setup"),
        "{name}: {findings:#?}"
    );
    let messages = Messages::of_locale("en");
    let site = Config::default();
    let examination = Examination {
        messages: &messages,
        machine: &machine,
        files,
        site: &site,
        now: UnixTime(0),
        sshd_proves: false,
    };
    let stack = examination.stack("sshd").unwrap();
    let line = |control: &str| stack.own_line(control);
    let service = stack.judged(&line);
    let services = [stack.judged(&line)];
    let planner = Planner { files, services: &services, is_missing: &|_| false };
    let corrected = planner.plan(&service).unwrap();
    assert_eq!(examined_on(&machine, &corrected, "", false).0, [], "{name}: {findings:#?}");
}

#[test]
fn where_no_line_is_safe_the_doctor_says_so() {
    // The end of a substack is not the end of the stack, and another service needs the substack as it is.
    let files = files(&sshd("auth substack password-auth", fixtures::OURS), ("password-auth", FEDORA))
        .with("vpn", "auth substack password-auth\n");
    let (findings, _) = examined(&files, "", false);
    assert!(
        !findings.is_empty() && findings.iter().all(|finding| finding.line == "man otp-setup"),
        "{findings:#?}"
    );
}

#[test]
fn modules_files_and_words_that_are_not_there_are_found() {
    let root = tempfile::tempdir().unwrap();
    let machine = fixtures::machine(root.path(), &fixtures::sound()[0].1);
    let find = |sshd: &str, common: &str| {
        let (findings, _) = examined_on(&machine, &files(sshd, ("common-auth", common)), "", false);
        findings
            .into_iter()
            .find(|finding| finding.severity == Severity::Problem && !finding.location.ends_with("otp.so"))
    };
    let misspelt = DEBIAN_12
        .replace("pam_cap.so", "pam_x.so")
        .replace("auth\toptional", "auth required pam_insis_opt.so\nauth\toptional");
    let finding = find("@include common-auth\n", &misspelt).unwrap();
    assert_eq!(
        (finding.location.as_str(), finding.line.as_str()),
        ("/etc/pam.d/common-auth:4", "auth required pam_insis_otp.so")
    );
    let finding = find(SOUND, &DEBIAN_12.replace("pam_unix.so", "pam_unx.so")).unwrap();
    assert_eq!(finding.line, "auth [success=1 default=ignore] pam_unix.so nullok");
    let finding = find("@include comon-auth\nauth required pam_insis_otp.so\n", DEBIAN_12).unwrap();
    assert_eq!(
        (finding.location.as_str(), finding.line.as_str()),
        ("/etc/pam.d/sshd:1", "@include common-auth")
    );
    let finding = find(&format!("{SOUND}atuh required pam_permit.so\n"), DEBIAN_12).unwrap();
    assert_eq!(finding.line, "auth required pam_permit.so");
    assert_eq!(find(&format!("{SOUND}-auth optional pam_not_here.so\n"), DEBIAN_12), None);
}

#[test]
fn services_that_are_left_out_are_found() {
    let sudo = "@include common-auth\n";
    let all = files(SOUND, ("common-auth", DEBIAN_12)).with("sudo", SOUND).with("sudo-i", sudo);
    let (findings, used) = examined(&all, "", false);
    assert_eq!(used, ["sshd", "sudo"]);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(
        (findings[0].location.as_str(), findings[0].line.as_str()),
        ("/etc/pam.d/sudo-i:1", "auth required pam_insis_otp.so")
    );
    let (findings, _) = examined(&files(sudo, ("common-auth", DEBIAN_12)).with("sudo", SOUND), "", false);
    assert!(findings.len() == 1 && findings[0].location == "/etc/pam.d/sshd:1", "{findings:#?}");
    // What others include is no service.
    let profile = files("@include common-auth\n", ("common-auth", fixtures::DEBIAN_PROFILE));
    assert_eq!(examined(&profile, "", false).1, ["sshd"]);
}

#[test]
fn pairing_in_the_login_needs_its_lines() {
    let enroll = "unenrolled = \"enrol\"\n";
    let model = ENROLL_MODEL;
    let with = |sshd: &str| {
        let files = files(sshd, ("common-auth", DEBIAN_12))
            .with("common-account", "account required pam_permit.so\n")
            .with("common-password", "password required pam_unix.so\n")
            .with("common-session", "session required pam_permit.so\n");
        examined(&files, enroll, false).0
    };
    assert_eq!(with(model), []);
    let found = with(
        "@include common-auth\nauth required pam_insis_otp.so\n@include common-account\n@include common-password\n",
    );
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found.iter().all(
        |finding| finding.severity == Severity::Problem && finding.line.contains("pam_insis_otp.so")
    ));
}

#[test]
fn machines_that_do_not_use_it_are_told() {
    let (found, used) = examined(&Files::default(), "", false);
    assert_eq!((found.len(), used.len()), (1, 0));
}
