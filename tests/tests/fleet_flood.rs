//! Floods of guesses at one host of a directory: other hosts' logins go on, and so do those of the same host's other people.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use insis_otp::Source;
use insis_otp::config::Config;
use insis_otp::record::UserName;
use insis_otp::service::{
    FleetClient, FleetOperation, FleetRequest, FleetResponse, HelperError, Request, Response,
};
use insis_otp_tests::env::{CONFIG, Env, HELPER, talk};
use insis_otp_tests::fleet::{Member, Slapd, start_ldif};
use insis_otp_tests::fleet_attempt::{attempt, is_accepted, operation};
use insis_otp_tests::network::Network;
use insis_otp_tests::pam::{Code, Login, Stack};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

const PROGRAM: &str = "/usr/libexec/otp-fleet";
/// The folder that counts the requests of this host.
const FOLDER: &str = "/run/insis-otp-fleet";
/// How many guess at once.
const GUESSERS: usize = 24;

fn at_rate(settings: &str, rate: u32) -> String {
    settings.replace("attempts_per_second = 1000", &format!("attempts_per_second = {rate}"))
}

/// Another host, in a network namespace of its own, on which guesses for many names are made without an end, at a low priority: what
/// is measured is the server, and not the processors of this machine.
struct Flood {
    folder: String,
    process: Child,
}

impl Flood {
    fn start(env: &Env, host: &str, settings: &str) -> Self {
        let folder = format!("/run/otp-test/{host}");
        let _ = std::fs::remove_dir_all(&folder);
        for part in ["answers", "requests", "counted"] {
            std::fs::create_dir_all(format!("{folder}/{part}")).unwrap();
        }
        talk(Command::new("chgrp").args(["insis-otp", &format!("{folder}/counted")]), "");
        talk(Command::new("chmod").args(["2770", &format!("{folder}/counted")]), "");
        env.write(format!("{folder}/settings").as_ref(), settings.as_bytes(), 0o644);
        for number in 0..GUESSERS {
            let name = if number.is_multiple_of(4) { "bob".to_owned() } else { format!("nobody{number}") };
            let FleetOperation::Login(mut login) = operation("123456") else { panic!() };
            login.source = Source::of("203.0.113.9", 0);
            let operation = FleetOperation::Login(login);
            let request = FleetRequest { user: UserName::parse(&name).unwrap(), operation, source: None };
            let path = format!("{folder}/requests/{number}");
            env.write(path.as_ref(), request.encode().as_bytes(), 0o600);
        }
        let script = format!(
            "mount --bind {folder}/settings {CONFIG}; mount --bind {folder}/counted {FOLDER}\n\
             for n in $(seq 0 {}); do (while :; do {PROGRAM} <{folder}/requests/$n >>{folder}/answers/$n; done) & done; wait",
            GUESSERS - 1
        );
        let process = Command::new("chrt")
            .args(["--idle", "0", "ip", "netns", "exec", host, "sh", "-c", &script])
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        Self { folder, process }
    }

    /// How many guesses the directory has answered so far, and how many were held back here.
    fn answered(&self) -> (usize, usize) {
        let read = |entry: std::io::Result<std::fs::DirEntry>| {
            std::fs::read_to_string(entry.unwrap().path()).unwrap_or_default()
        };
        let text: String = std::fs::read_dir(format!("{}/answers", self.folder)).unwrap().map(read).collect();
        let held = text.matches("attempts_per_second").count();
        (text.matches("insis-otp ").count() - held, held)
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        let _ = killpg(Pid::from_raw(self.process.id().try_into().unwrap()), Signal::SIGKILL);
        let _ = self.process.wait();
    }
}

/// How long a login takes on this host, in the middle of those of so long.
fn median(anna: &Member, client: &FleetClient, length: Duration) -> Duration {
    let (end, mut times) = (Instant::now() + length, Vec::new());
    while Instant::now() < end {
        anna.again();
        let code = anna.code();
        let began = Instant::now();
        let answer = attempt(client, &code);
        times.push(began.elapsed());
        assert!(is_accepted(&answer), "{answer:?}");
    }
    times.sort_unstable();
    times[times.len() / 2]
}

#[test]
fn a_flood_at_one_host_slows_logins_at_another_by_less_than_a_fifth() {
    let env = Env::build().user("anna", "secret").user("bob", "secret").start();
    let (directory, _other) = (Network::routed("dir", 1), Network::routed("other", 2));
    let slapd = Slapd::at(directory.address(1), "", &start_ldif());
    let (anna, _bob) = (Member::new(&slapd, "anna"), Member::new(&slapd, "bob"));
    slapd.join(&env, "");
    let settings = std::fs::read_to_string(CONFIG).unwrap();
    let client = anna.client(&settings);
    let _ = median(&anna, &client, Duration::from_millis(500));
    let length = Duration::from_secs(3);
    let mut ratios = Vec::new();
    // On a machine that does something else meanwhile, once more.
    for _ in 0..4 {
        let quiet = median(&anna, &client, length);
        let flood = Flood::start(&env, "other", &at_rate(&settings, 20));
        sleep(Duration::from_millis(500));
        let (before, began) = (flood.answered().0, Instant::now());
        let flooded = median(&anna, &client, length);
        let (after, held) = flood.answered();
        let seconds = began.elapsed().as_secs_f64();
        let rate = f64::from(u32::try_from(after - before).unwrap()) / seconds;
        drop(flood);
        // What one place has for many names is at most twice the budget of each of three times two seconds.
        assert!(after > before && after - before <= 240, "{before} {after} {held}");
        let ratio = flooded.as_secs_f64() / quiet.as_secs_f64();
        println!(
            "| login on another host | {quiet:?} | in a flood of {rate:.0} guesses a second that get through | {flooded:?} |"
        );
        ratios.push(ratio);
        if ratio < 1.2 {
            break;
        }
    }
    assert!(ratios.iter().any(|ratio| *ratio < 1.2), "{ratios:?}");
    // Without the limit, the same flood does more to the server.
    let flood = Flood::start(&env, "other", &at_rate(&settings, 1000));
    sleep(Duration::from_millis(500));
    let slowed = median(&anna, &client, Duration::from_secs(2));
    let (unlimited, held) = flood.answered();
    println!("| the same | without a limit: {unlimited} guesses in 2.5 s | {slowed:?} |");
    assert!(held == 0 && unlimited > 200, "{unlimited} in 2.5 s: the flood was none");
}

fn client_of(settings: &str, name: &str) -> FleetClient {
    let config = Config::parse(settings, Path::new(CONFIG)).unwrap();
    FleetClient::new(&config, config.fleet.as_ref().unwrap(), &UserName::parse(name).unwrap())
}

/// What a login is asked from there, once.
fn ask_from(client: &FleetClient, source: Source) -> Result<FleetResponse, HelperError> {
    let FleetOperation::Login(mut login) = operation("123456") else { panic!() };
    login.source = source;
    client.ask(FleetOperation::Login(login))
}

fn is_held_back(answer: &Result<FleetResponse, HelperError>) -> bool {
    matches!(answer, Ok(FleetResponse::Managed(Response::Failed(why))) if why.contains("attempts_per_second"))
}

fn login(user: &str, rhost: &str, code: &str) -> Code {
    let stack = Stack::new("door", "auth required pam_insis_otp.so tries=1");
    Login::on(&stack).user(user).rhost(rhost).types([code]).begin().authenticate()
}

#[test]
fn who_floods_keeps_themself_out_and_neither_the_owner_nor_others() {
    let env = Env::build().user("anna", "secret").user("bob", "secret").start();
    let slapd = Slapd::start();
    let (anna, bob) = (Member::new(&slapd, "anna"), Member::new(&slapd, "bob"));
    slapd.join(&env, "");
    Slapd::open_to_people(&env);
    let settings = at_rate(&std::fs::read_to_string(CONFIG).unwrap(), 4);
    env.write(CONFIG.as_ref(), settings.as_bytes(), 0o644);
    let names: Vec<_> = (0..10).map(|number| format!("nobody{number}")).collect();
    // By another user of the host, for anna and for many names, as with su; and by way of sshd on the host itself.
    let here = |address: &str| Source::of(address, 0);
    for (sources, other) in [
        (vec![Source::User(4711)], "192.0.2.7"),
        (vec![here("127.0.0.1"), here("127.0.0.2"), here("::1")], "192.0.2.8"),
        // From one address; whoever is at the console has another place.
        (vec![here("198.51.100.1")], ""),
    ] {
        let held = scope(|scope| {
            let guess = |number: usize| {
                let source = sources[number % sources.len()];
                let name = if number.is_multiple_of(3) { "anna" } else { names[number % 10].as_str() };
                is_held_back(&ask_from(&client_of(&settings, name), source))
            };
            let guessers: Vec<_> = (0..40).map(|number| scope.spawn(move || guess(number))).collect();
            // In the middle of it.
            sleep(Duration::from_millis(300));
            let (code, bobs) = (anna.code(), bob.code());
            assert_eq!(login("anna", other, &code), Code::SUCCESS, "anna from {other}");
            assert_eq!(login("bob", other, &bobs), Code::SUCCESS, "bob from {other}");
            guessers.into_iter().map(|guesser| guesser.join().unwrap()).filter(|held| *held).count()
        });
        assert!((5..40).contains(&held), "{held} of 40 were held back");
        anna.again();
        bob.again();
    }
    // What is held back is told, to the log and by an error that opens nothing: among many who want the same places.
    let is_refused = (0..5).any(|_| {
        scope(|scope| {
            for _ in 0..60 {
                let settings = &settings;
                scope.spawn(move || ask_from(&client_of(settings, "anna"), Source::of("192.0.2.9", 0)));
            }
            sleep(Duration::from_millis(300));
            login("anna", "192.0.2.9", &anna.wrong()) == Code::AUTHINFO_UNAVAIL
        })
    });
    assert!(is_refused);
    let _ = env.syslog().expect(&["result=error reason=store", "attempts_per_second = 4"]);
}

#[test]
fn a_person_cannot_spend_what_others_need_nor_take_back_what_they_spent() {
    let env = Env::build().user("anna", "secret").user("bob", "secret").start();
    let slapd = Slapd::start();
    let (anna, _bob) = (Member::new(&slapd, "anna"), Member::new(&slapd, "bob"));
    slapd.join(&env, "");
    Slapd::open_to_people(&env);
    let settings = at_rate(&std::fs::read_to_string(CONFIG).unwrap(), 2);
    env.write(CONFIG.as_ref(), settings.as_bytes(), 0o644);
    // The host has had a login since it was started.
    assert_eq!(login("anna", "192.0.2.7", &anna.wrong()), Code::AUTH_ERR);
    let status = |reset: &str| {
        let script = format!("{reset}; exec {HELPER}");
        let mut command = env.as_user("bob", "sh");
        command.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        // One that cannot even start does not hear it.
        let _ = child.stdin.take().unwrap().write_all(Request::Status.encode().as_bytes());
        child
    };
    let answer = |child: Child| Response::decode(&child.wait_with_output().unwrap().stdout);
    let mut held = 0;
    for reset in [
        "true",
        &format!("rm -rf {FOLDER} {FOLDER}/*"),
        &format!("echo >{FOLDER}/0; truncate -s 0 {FOLDER}/*"),
        &format!("mv {FOLDER} /tmp/elsewhere"),
        "ulimit -f 0",
        "ulimit -n 5",
    ] {
        let askers: Vec<_> = (0..16).map(|_| status(reset)).collect();
        sleep(Duration::from_millis(100));
        anna.again();
        assert_eq!(login("anna", "192.0.2.7", &anna.code()), Code::SUCCESS, "{reset}");
        let answers: Vec<_> = askers.into_iter().map(answer).collect();
        let known = answers.iter().filter(|one| matches!(one, Ok(Response::Status(_)))).count();
        // Two seconds have four places, and whoever waits has the next four.
        assert!(known <= 12, "{reset}: {known} of 16");
        held += answers.iter().filter(|one| matches!(one, Ok(Response::Failed(_)))).count();
    }
    assert!(held > 10, "{held}");
    // Where the folder cannot be there, logins go on all the same.
    let folder = Path::new(FOLDER);
    std::fs::remove_dir_all(folder).unwrap();
    std::fs::write(folder, "").unwrap();
    anna.again();
    assert_eq!(login("anna", "192.0.2.7", &anna.code()), Code::AUTHINFO_UNAVAIL, "a file in its place");
    std::fs::remove_file(folder).unwrap();
    anna.again();
    assert_eq!(login("anna", "192.0.2.7", &anna.code()), Code::SUCCESS);
    assert!(matches!(answer(status("true")), Ok(Response::Status(_))), "root's login has made it anew");
}

/// Bob, who knows anna's password, and not her code, gives the `otp-fleet` of his su a limit within which a record is cut.
#[test]
fn a_limit_that_cuts_a_record_gives_nobody_more_than_their_share() {
    let stack = "auth required pam_unix.so nodelay\nauth required pam_insis_otp.so tries=1\naccount required pam_permit.so\nsession required pam_permit.so";
    let env = Env::build().user("anna", "secret").user("bob", "secret").service("su", stack);
    let env = env.file("/etc/login.defs", "FAIL_DELAY 0\n", 0o644).start();
    let slapd = Slapd::start();
    let anna = Member::new(&slapd, "anna");
    slapd.join(&env, "");
    let settings = at_rate(&std::fs::read_to_string(CONFIG).unwrap(), 4);
    env.write(CONFIG.as_ref(), settings.as_bytes(), 0o644);
    // The folder is there.
    assert_eq!(login("anna", "192.0.2.7", &anna.wrong()), Code::AUTH_ERR);
    // Without root's rights it does not start.
    let mut alone = env.as_user("bob", "prlimit");
    let refused = talk(alone.args(["--fsize=36", "--", PROGRAM]), "");
    let refused = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(refused.contains("cannot start safely: the limit on its file size is too low"), "{refused}");
    for bytes in [12, 36] {
        next_slot();
        // For the longer one, there is a record already.
        if bytes > 30 {
            assert!(!is_held_back(&ask_from(&client_of(&settings, "anna"), Source::of("192.0.2.7", 0))));
        }
        anna.again();
        let mut su = env.as_user("bob", "prlimit");
        su.args([&format!("--fsize={bytes}"), "--", "su", "anna", "-c", "echo inside"]);
        let su = talk(&mut su, &format!("secret\n{}\n", anna.code()));
        let (settings, source) = (&settings, Source::User(4711));
        let through = scope(|scope| {
            let ask = || !is_held_back(&ask_from(&client_of(settings, "bob"), source));
            let askers: Vec<_> = (0..60).map(|_| scope.spawn(ask)).collect();
            askers.into_iter().map(|asker| asker.join().unwrap()).filter(|through| *through).count()
        });
        // Two seconds have eight places, and whoever waits has those of the next.
        assert!(through <= 24, "{through} of 60 with {bytes} bytes");
        // Root's rights are above the limit, where it has all of them, as it has not in some containers.
        let is_in = String::from_utf8_lossy(&su.stdout).contains("inside");
        assert_eq!(is_in, root_can_raise_limits(), "{bytes}: {su:?}");
        if !is_in {
            let _ =
                env.syslog().expect(&["result=error reason=store", "the limit on its file size is too low"]);
        }
    }
}

/// Waits for the beginning of the next two seconds.
fn next_slot() {
    let uptime = Duration::from(nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME).unwrap());
    let into = Duration::from_nanos(u64::try_from(uptime.as_nanos() % 2_000_000_000).unwrap());
    sleep(Duration::from_secs(2) - into);
}

/// Whether `CAP_SYS_RESOURCE` is among root's rights here.
fn root_can_raise_limits() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let rights = status.lines().find_map(|line| line.strip_prefix("CapEff:\t")).expect("rights");
    u64::from_str_radix(rights, 16).unwrap() & 1 << 24 != 0
}
