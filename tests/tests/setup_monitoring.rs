//! What monitoring systems read: `otp-setup doctor --nagios`, `--metrics`, and the samples in `config`.

use std::path::Path;
use std::process::Command;

use insis_otp_tests::doctor::{DROP_IN, SSHD, sound};
use insis_otp_tests::enrolled::Enrolled;
use insis_otp_tests::env::{Env, run, talk};

fn shipped(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").join("config").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn nagios(env: &Env, user: &str) -> (i32, String) {
    let mut doctor = match user {
        "root" => env.command("otp-setup"),
        user => env.as_user(user, "otp-setup"),
    };
    doctor.args(["doctor", "--nagios"]).env("CLOCK_SYNCHRONISED", "yes").env("LC_ALL", "cs_CZ.UTF-8");
    let output = talk(&mut doctor, "");
    (output.status.code().expect("it died"), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn a_plugin_says_what_is_wrong_by_its_id_and_status() {
    let env = sound();
    assert_eq!(nagios(&env, "root"), (0, "OTP OK | problems=0 warnings=0 notes=0\n".to_owned()));
    // Who is not root sees a part, and nothing worse than that is certain.
    let (status, line) = nagios(&env, "anna");
    assert!(status == 3 && line.starts_with("OTP UNKNOWN"), "{line}");
    let without_pam = SSHD.replace("UsePAM yes", "UsePAM no");
    env.write(Path::new(DROP_IN), without_pam.as_bytes(), 0o644);
    let (status, line) = nagios(&env, "root");
    assert_eq!((status, line.as_str()), (2, "OTP CRITICAL - sshd-usepam | problems=1 warnings=0 notes=0\n"));
    env.write(Path::new(DROP_IN), format!("{SSHD}UseDNS yes\n").as_bytes(), 0o644);
    env.write(Path::new("/etc/security/insis-otp.toml"), b"exempt_networks = [\"192.0.2.0/24\"]\n", 0o644);
    let (status, line) = nagios(&env, "root");
    assert_eq!((status, line.as_str()), (1, "OTP WARNING - sshd-usedns | problems=0 warnings=1 notes=0\n"));
}

/// Whether a line is one of Prometheus's text format.
fn is_metric(line: &str) -> bool {
    let pattern = r#"^(# (HELP|TYPE) [a-z_]+ \S.*|insis_otp_[a-z_]+(\{[a-z]+="[a-z-]+"\})? [0-9]+)$"#;
    regex::Regex::new(pattern).expect("a pattern").is_match(line)
}

/// Where the unit's folders are in these tests: root's, and the one that Debian's package gives to prometheus.
const STATE: &str = "/run/otp-test/state";
const PROMETHEUS: &str = "/run/otp-test/prometheus";

/// What runs as part of the unit, with folders of these tests.
fn at_folders(text: &str) -> String {
    text.replace("/var/lib/prometheus", PROMETHEUS).replace("/var/lib/insis-otp-metrics", STATE)
}

/// Does what systemd does with the unit. Returns the folder that the numbers are in.
fn metrics(env: &Env) -> &'static Path {
    let output = collect(env);
    assert!(output.iter().all(|output| output.status.success() && output.stderr.is_empty()), "{output:?}");
    Path::new(STATE)
}

fn collect(env: &Env) -> Vec<std::process::Output> {
    let service = at_folders(&shipped("systemd/insis-otp-metrics.service"));
    let values =
        |key: &str| -> Vec<_> { service.lines().filter_map(|line| line.strip_prefix(key)).collect() };
    assert!(values("StateDirectory=").iter().all(|name| *name == "insis-otp-metrics"), "{service}");
    std::fs::create_dir_all(STATE).unwrap();
    let commands = values("ExecStart=");
    let outputs = commands.iter().map(|command| {
        let mut shell = env.command("sh");
        shell
            .args(["-c", command])
            .envs(values("Environment=").iter().filter_map(|pair| pair.split_once('=')));
        talk(&mut shell, "")
    });
    outputs.collect()
}

/// Debian's node_exporter: the folder above is the user's, who can put another in its place, with links in it.
#[test]
fn whoever_has_prometheuss_folder_steers_no_writing_of_roots() {
    let env = Env::build().config("unenrolled = \"ignore\"\n").start();
    env.add_user("prometheus", "none");
    let as_prometheus = |script: &str| {
        let output = talk(env.as_user("prometheus", "sh").args(["-c", &at_folders(script)]), "");
        assert!(output.status.success(), "{output:?}");
    };
    let names = [".insis-otp.new", "insis-otp.prom", ".new", "insis-otp.prom.new"];
    std::fs::create_dir_all(format!("{PROMETHEUS}/node-exporter")).unwrap();
    run(Command::new("chown").args(["prometheus", PROMETHEUS]));
    as_prometheus("cd /var/lib/prometheus && mv node-exporter old && mkdir node-exporter");
    let settings = "/etc/security/insis-otp.toml";
    let before = std::fs::read(settings).unwrap();
    for name in names {
        as_prometheus(&format!("ln -s {settings} /var/lib/prometheus/node-exporter/{name}"));
    }
    let folder = metrics(&env);
    assert_eq!(std::fs::read(settings).unwrap(), before);
    // Another folder in its place, and nothing is put there either.
    as_prometheus("cd /var/lib/prometheus && mv node-exporter older && ln -s /etc/security node-exporter");
    let list = || -> std::collections::BTreeSet<_> {
        std::fs::read_dir("/etc/security").unwrap().map(|file| file.unwrap().file_name()).collect()
    };
    let names = list();
    metrics(&env);
    assert_eq!((std::fs::read(settings).unwrap(), list()), (before, names));
    // The folder of root's, which nobody else can write to, has them, for everybody to read.
    assert!(std::fs::metadata(folder.join("insis-otp.prom")).unwrap().len() > 0);
    as_prometheus("grep -q ^insis_otp_people /var/lib/insis-otp-metrics/insis-otp.prom");
    // By a link in node_exporter's folder, too, as the unit says.
    as_prometheus("cd /var/lib/prometheus && rm node-exporter && mkdir node-exporter");
    let unit = shipped("systemd/insis-otp-metrics.service");
    let link = unit.lines().find_map(|line| line.strip_prefix("#   ln -s ")).expect("the link");
    as_prometheus(&format!("ln -s {link}"));
    as_prometheus("grep -q ^insis_otp_people /var/lib/prometheus/node-exporter/insis-otp.prom");
}

#[test]
fn the_sample_for_prometheus_writes_numbers_and_no_names() {
    let mut builder =
        Env::build().config("required_users = [\"wilma\", \"xaver\"]\nunenrolled = \"ignore\"\n");
    for name in ["wilma", "xaver"] {
        builder = builder.user(name, "secret");
    }
    let env = builder.start();
    let _ = Enrolled::user("wilma");
    let folder = metrics(&env);
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name());
    let files: Vec<_> = files.filter(|name| name.to_string_lossy().contains('.')).collect();
    assert_eq!(files, ["insis-otp.prom"]);
    let text = std::fs::read_to_string(Path::new(folder).join("insis-otp.prom")).unwrap();
    for line in text.lines() {
        assert!(is_metric(line), "{line}");
        assert!(!line.contains("wilma") && !line.contains("xaver"), "{line}");
    }
    for line in [
        "insis_otp_people{state=\"enrolled\"} 1",
        "insis_otp_people_overdue 1",
        "insis_otp_people_throttled 0",
        "insis_otp_finding{id=\"pam-unused\"} 1",
        "# TYPE insis_otp_doctor_timestamp_seconds gauge",
        "# TYPE insis_otp_report_timestamp_seconds gauge",
    ] {
        assert!(text.lines().any(|other| other == line), "no {line} in\n{text}");
    }
    // The manual page has each of them.
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/man/otp-setup.1")).unwrap();
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = line.trim_end_matches(" gauge");
        assert!(page.contains(name), "otp-setup(1) does not name {name}");
    }
    // Where no report can be made the doctor's numbers say so, and those of the report stay.
    env.write(Path::new("/etc/security/insis-otp.toml"), b"unenrolled = \"perhaps\"\n", 0o644);
    assert!(!collect(&env).iter().all(|output| output.status.success()));
    let later = std::fs::read_to_string(folder.join("insis-otp.prom")).unwrap();
    assert!(later.contains("insis_otp_finding{id=\"config\"} 1"), "{later}");
    let people =
        |text: &str| text.find("# HELP insis_otp_people").map(|at| text[at..].to_owned()).expect("people");
    assert_eq!(people(&later), people(&text));
}

/// The commands in the samples are commands.
#[test]
fn the_sample_for_nagios_runs_what_there_is() {
    let env = sound();
    let sample = shipped("nagios/insis-otp.cfg");
    let command =
        sample.lines().find_map(|line| line.strip_prefix("command[check_insis_otp]=")).expect("a command");
    let words: Vec<_> = command.split(' ').collect();
    assert_eq!(words[..2], ["/usr/bin/sudo", "-n"]);
    let rule = sample.lines().find_map(|line| line.strip_prefix("#   ")).expect("a rule for sudo");
    assert!(rule.ends_with(&words[2..].join(" ")), "{rule}");
    env.add_user("nagios", "none");
    // Not one of the people who log in.
    run(Command::new("usermod").args(["--shell", "/usr/sbin/nologin", "nagios"]));
    env.write(Path::new("/etc/sudoers.d/insis-otp-nagios"), format!("{rule}\n").as_bytes(), 0o440);
    let mut check = env.as_user("nagios", words[0]);
    let output = talk(check.args(&words[1..]), "");
    let line = String::from_utf8_lossy(&output.stdout);
    // The kernel's clock is the machine's own.
    assert!(line.starts_with("OTP OK ") || line.starts_with("OTP WARNING - clock "), "{output:?}");
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
}

/// What the sample for rsyslog takes out of a line is a field that a manual page explains, and of what otp-setup(1) explains none is left
/// out: by these acts are audited.
#[test]
fn the_sample_for_rsyslog_has_the_fields_of_the_manual_pages() {
    let sample = shipped("rsyslog/insis-otp.conf");
    let fields: Vec<_> = sample
        .lines()
        .filter_map(|line| line.split_once("re_extract($.fields, \" ")?.1.split_once('='))
        .map(|(field, _)| field)
        .collect();
    assert!(fields.len() >= 9, "{fields:?}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").join("docs/man");
    let pages = ["pam_insis_otp.8", "otp-helper.8", "otp-setup.1"]
        .map(|name| std::fs::read_to_string(folder.join(name)).expect("a page"));
    let logs: String = pages.iter().filter_map(|page| page.split(".SH LOG\n").nth(1)).collect();
    let own = pages[2].split(".SH LOG\n").nth(1).and_then(|log| log.split(".SH ").next()).expect("LOG");
    let explained = regex::Regex::new("([a-z_]+)=").expect("a pattern");
    for (_, [field]) in explained.captures_iter(own).map(|found| found.extract()) {
        // Those are for people, in "line", and for the kernel's audit.
        assert!(["message", "op"].contains(&field) || fields.contains(&field), "{field} is not taken out");
    }
    for field in fields {
        assert!(logs.contains(&format!("{field}=")), "no manual page explains {field}=");
        assert!(
            sample.contains(&format!("outname=\"{field}\" name=\"$!otp!{field}\"")),
            "{field} is not written"
        );
    }
}
