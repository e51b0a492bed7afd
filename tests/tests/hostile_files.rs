//! Secret files, directories and configurations in every shape that somebody may give them. Each has its verdict in a
//! table; none hangs, crashes or opens a login that it should not.

use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use insis_otp_tests::env::run;
use insis_otp_tests::machine::Machine;
use insis_otp_tests::page::Page;
use insis_otp_tests::pam::Code;
use insis_otp_tests::person::{Person, STEP};

const MODULE: &str = "auth required pam_insis_otp.so tries=1";

/// What becomes of the right code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    /// It opens the login: the shape is harmless.
    Opens,
    /// It is refused like a wrong code.
    Refused,
    /// Nobody can log in until somebody mends it; the log has this to say.
    Unavailable(&'static str),
}
use Verdict::{Opens, Refused, Unavailable};

const DAMAGED: Verdict = Unavailable("damaged: ");
const NOT_PAGE: Verdict = Unavailable("damaged: it is not 4096 bytes long");
const HEAD: Verdict = Unavailable("damaged: its head is not ");
const NO_STATE: Verdict = Unavailable("damaged: no state slot is valid");
const DIRECTORY: Verdict = Unavailable("its directory ");

/// A case: its name, what is done to a good secret file, and the verdict.
type Case = (String, Box<dyn Fn(&Path)>, Verdict);

fn case(name: impl Into<String>, spoil: impl Fn(&Path) + 'static, verdict: Verdict) -> Case {
    (name.into(), Box::new(spoil), verdict)
}

/// The file gets another content; owner and mode stay.
fn content(name: impl Into<String>, change: impl Fn(Vec<u8>) -> Vec<u8> + 'static, verdict: Verdict) -> Case {
    let spoil = move |path: &Path| {
        let good = std::fs::read(path).expect("no secret file");
        std::fs::write(path, change(good)).expect("cannot write");
    };
    case(name, spoil, verdict)
}

/// The head gets another text, and checksums that fit.
fn head(from: &'static str, to: impl Into<String>, verdict: Verdict) -> Case {
    let to = to.into();
    let name = format!("head: {from:.20} becomes {to:.40}");
    content(name, move |good| Page::of(&good).head(from, &to).bytes(), verdict)
}

/// The state gets another text, and checksums that fit.
fn state(from: &'static str, to: impl Into<String>, verdict: Verdict) -> Case {
    let to = to.into();
    content(
        format!("state: {from} becomes {to:.40}"),
        move |good| Page::of(&good).first_kind().state(from, &to).bytes(),
        verdict,
    )
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("cannot set a mode");
}

fn aside(path: &Path) -> PathBuf {
    let aside = Path::new("/run/aside");
    std::fs::rename(path, aside)
        .or_else(|_| std::fs::copy(path, aside).and_then(|_| std::fs::remove_file(path)))
        .expect("cannot move it");
    aside.to_owned()
}

fn owner(path: &Path, owner: &str) {
    run(Command::new("chown").args(["--no-dereference", owner]).arg(path));
}

/// Everything about the content of the file.
fn contents() -> Vec<Case> {
    let mut cases = vec![
        content("untouched", |good| good, Opens),
        content("empty", |_| Vec::new(), NOT_PAGE),
        content("one byte", |_| vec![b'x'], NOT_PAGE),
        content("one byte short", |good| good.into_iter().take(4095).collect(), NOT_PAGE),
        content("one byte long", |good| [good, vec![b'\n']].concat(), NOT_PAGE),
        content("twice", |good| [good.clone(), good].concat(), NOT_PAGE),
        case("1 GiB, sparse", |path| sparse(path, 1 << 30), NOT_PAGE),
        case("8 EiB less one, sparse or as far as it goes", |path| sparse(path, i64::MAX as u64), NOT_PAGE),
        content("all NUL", |_| vec![0; 4096], DAMAGED),
        content("all 0xff", |_| vec![0xff; 4096], DAMAGED),
        content("all line ends", |_| vec![b'\n'; 4096], DAMAGED),
        content("bytes in turn", |_| (0..4096).map(|n| (n % 256) as u8).collect(), DAMAGED),
        content(
            "with a BOM",
            |good| [b"\xef\xbb\xbf".to_vec(), good].concat().into_iter().take(4096).collect(),
            DAMAGED,
        ),
        content(
            "with CRLF",
            |good| {
                String::from_utf8_lossy(&good)
                    .replace('\n', "\r\n")
                    .into_bytes()
                    .into_iter()
                    .take(4096)
                    .collect()
            },
            DAMAGED,
        ),
        content("in capitals", |good| good.to_ascii_uppercase(), DAMAGED),
        content(
            "halves exchanged",
            |good| [good.get(2048..).unwrap_or_default(), good.get(..2048).unwrap_or_default()].concat(),
            DAMAGED,
        ),
        content(
            "slots exchanged",
            |good| {
                [
                    good.get(..2048).unwrap_or_default(),
                    good.get(3072..).unwrap_or_default(),
                    good.get(2048..3072).unwrap_or_default(),
                ]
                .concat()
            },
            Opens,
        ),
        content("first slot blank", |good| blank(good, 2048..3072), Opens),
        content("second slot blank", |good| blank(good, 3072..4096), Opens),
        content("both slots blank", |good| blank(good, 2048..4096), NO_STATE),
        content("head blank", |good| blank(good, 0..2048), DAMAGED),
        content("checksum of the head blank", |good| blank(good, 1984..2048), DAMAGED),
        content("google-authenticator's file", |_| google(0), NOT_PAGE),
        content("google-authenticator's file of a page", |_| google(4096), DAMAGED),
    ];
    cases.extend(heads());
    cases.extend(states());
    cases
}

fn heads() -> Vec<Case> {
    let deep = |n: usize| format!("recovery_hashes = {}{}\nx = [", "[".repeat(n), "]".repeat(n));
    vec![
        head("format = 1", "format = 2", HEAD),
        head("format = 1", "format = 0", HEAD),
        head("format = 1", "format = -1", HEAD),
        head("format = 1", "format = 1.0", HEAD),
        head("format = 1", "format = \"1\"", HEAD),
        head("format = 1", "format = true", HEAD),
        head("format = 1", "format = 99999999999999999999999999", HEAD),
        head("format = 1", "", HEAD),
        head("format = 1", "format = 1\nformat = 1", HEAD),
        head("format = 1", "format = 1\nfuture = 1", HEAD),
        head("format = 1", "format = 1\n[table]", HEAD),
        head("format = 1", "[[format]]", HEAD),
        head("format = 1", "format.x = 1", HEAD),
        head("format = 1", "format = 1979-05-27T07:32:00Z", HEAD),
        head("format = 1", "format = inf", HEAD),
        head("format = 1", format!("format = 1\nx = {}", "[".repeat(900)), HEAD),
        head("format = 1", format!("format = 1\nx = {}", "{a=".repeat(300)), HEAD),
        head("format = 1", format!("format = 1\n{}x = 1", "a.".repeat(400)), HEAD),
        head("recovery_hashes = [", deep(100), HEAD),
        head("user = \"anna\"", "user = \"bob\"", Unavailable("is the secret file of another user, 'bob'")),
        head("user = \"anna\"", "user = \"../anna\"", HEAD),
        head("user = \"anna\"", "user = \"\"", HEAD),
        head("user = \"anna\"", "user = \"anna\\u0000\"", HEAD),
        head("user = \"anna\"", "user = \"Anna\"", Unavailable("is the secret file of another user")),
        head("user = \"anna\"", "user = 'anna'", Opens),
        head("user = \"anna\"", "user = \"\"\"anna\"\"\"", Opens),
        head("user = \"anna\"", "user = anna", HEAD),
        head("user = \"anna\"", "user = [\"anna\"]", HEAD),
        head("user = \"anna\"", "", HEAD),
        head("secret = \"", "secret = \"\"\nx = \"", HEAD),
        head("secret = \"", "secret = \"AAAA\"\nx = \"", HEAD),
        head("secret = \"", "secret = \"0189\"\nx = \"", HEAD),
        head("secret = \"", format!("secret = \"{}\"\nx = \"", "A".repeat(600)), HEAD),
        head("secret = \"", "secret = \"%s%n\"\nx = \"", HEAD),
        head("secret = \"", "secret = \" - = ", Opens),
        head("secret = \"", "secrt = \"", HEAD),
        head("algorithm = \"SHA1\"", "algorithm = \"MD5\"", HEAD),
        head("algorithm = \"SHA1\"", "algorithm = \"\"", HEAD),
        head("algorithm = \"SHA1\"", "algorithm = \"SHA256\"", Refused),
        head("algorithm = \"SHA1\"", "algorithm = \"sha1\"", Opens),
        head("digits = 6", "digits = 0", HEAD),
        head("digits = 6", "digits = 1", HEAD),
        head("digits = 6", "digits = 9", HEAD),
        head("digits = 6", "digits = 18446744073709551615", HEAD),
        head("digits = 6", "digits = 8", Refused),
        head("digits = 6", "digits = 0x6", Opens),
        head("period = 30", "period = 0", HEAD),
        head("period = 30", "period = 4", HEAD),
        head("period = 30", "period = 301", HEAD),
        head("period = 30", "period = 4294967326", HEAD),
        head("period = 30", "period = 60", Refused),
        head("issuer = \"test\"", "issuer = \"\\u001b[2J\"", Opens),
        head("issuer = \"test\"", format!("issuer = \"{}\"", "x".repeat(1000)), Opens),
        head("issuer = \"test\"", "issuer = 5", HEAD),
        head("paired_at = ", "paired_at = -", HEAD),
        head("paired_at = ", "paired_at = 9999999999999999999", HEAD),
        head("paired_at = ", "paired_at = 99999999", Opens),
        head("recovery_salt = \"", "recovery_salt = \"ff", HEAD),
        head("recovery_salt = \"", "recovery_salt = \"zz\"\nx = \"", HEAD),
        head("recovery_hashes = [", "recovery_hashes = [ \"00\",", HEAD),
        head("recovery_hashes = [", "recovery_hashes = [ 5,", HEAD),
        head(
            "recovery_hashes = [",
            format!("recovery_hashes = [{}", format!("\"{}\",", "0".repeat(32)).repeat(16)),
            HEAD,
        ),
        content(
            "head: not UTF-8",
            |good| {
                let mut page = Page::of(&good);
                page.head.extend_from_slice(b"# \xff\xfe\n");
                page.bytes()
            },
            HEAD,
        ),
        content(
            "head: NUL",
            |good| {
                let mut page = Page::of(&good);
                page.head.extend_from_slice(b"# \0\n");
                page.bytes()
            },
            HEAD,
        ),
        content(
            "head: carriage returns",
            |good| {
                let mut page = Page::of(&good);
                page.head = String::from_utf8_lossy(&page.head).replace('\n', "\r\n").into_bytes();
                page.bytes()
            },
            Opens,
        ),
        content(
            "head: BOM",
            |good| {
                let mut page = Page::of(&good);
                page.head = [b"\xef\xbb\xbf".as_slice(), &page.head].concat();
                page.bytes()
            },
            Opens,
        ),
    ]
}

fn states() -> Vec<Case> {
    let spent = format!("spent={}", STEP - 4_999);
    let spent: &'static str = spent.leak();
    let upto = |step: u64| format!("spent={step}");
    vec![
        state(spent, upto(STEP - 2), Opens),
        state(spent, upto(STEP), Refused),
        state(spent, upto(STEP + 1_000_000), Refused),
        state(spent, upto(u64::MAX), Refused),
        state(spent, "spent=18446744073709551616", NO_STATE),
        state(spent, "spent=-1", NO_STATE),
        state(spent, "spent=", NO_STATE),
        state(spent, "spent=1e9", NO_STATE),
        state(spent, "spent=0x10", NO_STATE),
        state("# sequence=", "sequence=", NO_STATE),
        state("sequence=", "sequence=18446744073709551615 x=", NO_STATE),
        state(" drift=0", "", NO_STATE),
        state(" drift=0", " drift=0 drift=0", NO_STATE),
        state(" drift=0", "  drift=0", NO_STATE),
        state("drift=0", "drift=5", Refused),
        state("drift=0", "drift=-2147483648", Refused),
        state("drift=0", "drift=2147483647", Refused),
        state("drift=0", "drift=2147483648", NO_STATE),
        state("failures=0", "failures=4294967295", Opens),
        state("failures=0", "failures=4294967296", NO_STATE),
        state("guesses=0", "guesses=4294967295", Opens),
        state("guesses=0 guessed=0", "guesses=4294967295 guessed=99999999999", Unavailable("none")),
        state("login=never", "login=always", NO_STATE),
        state("login=never", "login=18446744073709551615", Opens),
        state("gap=", "gap=none island=0-18446744073709551615 drift=0 failures=0 x=", NO_STATE),
        state("island=none", "island=0-18446744073709551615", Refused),
        state("island=none", "island=5", NO_STATE),
        state("island=none", "island=9-1", Opens),
        state("recovery=0000", "recovery=ffff", Opens),
        state("recovery=0000", "recovery=10000", NO_STATE),
        state("remembered=none", "remembered=", NO_STATE),
        state("remembered=none", "remembered=x:1", NO_STATE),
        state("remembered=none", format!("remembered={}", ["f:1"; 40].join(",")), Opens),
    ]
    .into_iter()
    .chain(fields())
    .collect()
}

/// Lines of state of the second kind, field by field.
fn fields() -> Vec<Case> {
    const MOST: u64 = (1 << 40) - 1;
    let field = |name: &'static str, at: usize, size: usize, value: u64, verdict: Verdict| {
        content(name, move |good| Page::of(&good).field(at, size, value).bytes(), verdict)
    };
    let text = |name: &'static str, from: &'static str, to: &'static str, verdict: Verdict| {
        content(name, move |good| Page::of(&good).state(from, to).bytes(), verdict)
    };
    vec![
        field("state 2: spent up to now", 0, 5, STEP, Refused),
        field("state 2: spent for ever", 0, 5, MOST, Refused),
        field("state 2: an island over all", 20, 5, MOST, Refused),
        field("state 2: drift of five", 25, 2, 5, Refused),
        field("state 2: the largest drift", 25, 2, 0x7fff, Refused),
        field("state 2: the smallest drift", 25, 2, 0x8000, Refused),
        field("state 2: all failures", 27, 4, u64::from(u32::MAX), Opens),
        field("state 2: guesses long ago", 31, 4, u64::from(u32::MAX), Opens),
        field("state 2: too many single codes in a row", 40, 4, 100, Refused),
        field("state 2: single codes below the bound", 40, 4, 99, Opens),
        field("state 2: a day to come", 44, 4, u64::from(u32::MAX), Opens),
        field("state 2: a login to come", 52, 5, MOST, Opens),
        field("state 2: all recovery codes spent", 57, 2, 0xffff, Opens),
        field("state 2: budgets of the far future", 69, 6, (1 << 48) - 1, Opens),
        field("state 2: a kind of pending that is not known", 265, 1, 9, NO_STATE),
        field("state 2: pending, of a file that is not there", 265, 1, 1, Unavailable("is gone")),
        field("state 2: a field of a later version", 329, 1, 1, NO_STATE),
        text(
            "state 2: capital hexadecimal",
            "# state 2 000000000000000",
            "# state 2 00000000000000A",
            NO_STATE,
        ),
        text("state 2: another kind", "# state 2", "# state 3", NO_STATE),
        text("state 2: no comment", "# state 2", "state 2", NO_STATE),
        text("state 2: a byte less", "AAAA", "", NO_STATE),
        text("state 2: no base64", "AAAA", "AA*A", NO_STATE),
    ]
}

fn sparse(path: &Path, size: u64) {
    let file = std::fs::OpenOptions::new().write(true).open(path).expect("no secret file");
    let mut size = size;
    while file.set_len(size).is_err() {
        size /= 2;
    }
}

fn blank(mut page: Vec<u8>, range: std::ops::Range<usize>) -> Vec<u8> {
    page.get_mut(range).expect("a page").fill(b' ');
    page
}

fn google(size: usize) -> Vec<u8> {
    let mut text = b"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n\" WINDOW_SIZE 17\n\" TOTP_AUTH\n12345678\n".to_vec();
    text.resize(size.max(text.len()), b'\n');
    text
}

/// Everything about the file itself.
fn kinds() -> Vec<Case> {
    let unsafe_kind = |what| Unavailable(what);
    vec![
        case("missing", |path| std::fs::remove_file(path).expect("no file"), Refused),
        case(
            "a symbolic link to the good file",
            |path| symlink(aside(path), path).expect("no link"),
            unsafe_kind("is a symbolic link"),
        ),
        case(
            "a symbolic link to nowhere",
            |path| {
                aside(path);
                symlink("/no/where", path).expect("no link");
            },
            unsafe_kind("is a symbolic link"),
        ),
        case(
            "a symbolic link to itself",
            |path| {
                aside(path);
                symlink(path, path).expect("no link");
            },
            unsafe_kind("is a symbolic link"),
        ),
        case(
            "a symbolic link to /etc/shadow",
            |path| {
                aside(path);
                symlink("/etc/shadow", path).expect("no link");
            },
            unsafe_kind("is a symbolic link"),
        ),
        case(
            "a hard link",
            |path| std::fs::hard_link(path, path.with_file_name("other")).expect("no link"),
            unsafe_kind("more than one name"),
        ),
        case(
            "a FIFO",
            |path| {
                aside(path);
                run(Command::new("mkfifo").args(["-m", "600"]).arg(path));
                owner(path, "anna");
            },
            unsafe_kind("is a FIFO"),
        ),
        case(
            "a FIFO that somebody writes to",
            |path| {
                aside(path);
                run(Command::new("mkfifo").args(["-m", "600"]).arg(path));
                owner(path, "anna");
                // Opened for both, a FIFO does not wait for the other side.
                let both = std::fs::OpenOptions::new().read(true).write(true).open(path).expect("no FIFO");
                std::io::Write::write_all(&mut &both, &[b'x'; 4096]).expect("cannot write");
                let quiet = std::process::Stdio::null;
                let mut writer = Command::new("sleep");
                writer.arg("5").stdin(both).stdout(quiet()).stderr(quiet());
                drop(writer.spawn().expect("cannot start a writer"));
            },
            unsafe_kind("is a FIFO"),
        ),
        case(
            "a socket",
            |path| {
                aside(path);
                drop(UnixListener::bind(path));
                owner(path, "anna");
                mode(path, 0o600);
            },
            unsafe_kind("cannot open it: "),
        ),
        case("/dev/zero", |path| device(path, "c", "1", "5"), unsafe_kind("is a device")),
        case("/dev/full", |path| device(path, "c", "1", "7"), unsafe_kind("is a device")),
        case("a terminal", |path| device(path, "c", "5", "0"), unsafe_kind("cannot open it: ")),
        case(
            "a device that nobody has",
            |path| device(path, "c", "200", "200"),
            unsafe_kind("cannot open it: "),
        ),
        case(
            "a directory",
            |path| {
                aside(path);
                std::fs::create_dir(path).expect("no directory");
                owner(path, "anna");
            },
            unsafe_kind("cannot open it: "),
        ),
        case("root's", |path| owner(path, "root"), unsafe_kind("belongs to user id 0, not to anna")),
        case("bob's", |path| owner(path, "bob"), unsafe_kind("belongs to user id ")),
        case("of no user", |path| owner(path, "54321"), unsafe_kind("belongs to user id 54321")),
        case("readable by its group", |path| mode(path, 0o640), unsafe_kind("can be opened by others")),
        case("writable by its group", |path| mode(path, 0o620), unsafe_kind("can be opened by others")),
        case("readable by everybody", |path| mode(path, 0o604), unsafe_kind("can be opened by others")),
        case("writable by everybody", |path| mode(path, 0o602), unsafe_kind("can be opened by others")),
        case("executable by everybody", |path| mode(path, 0o601), unsafe_kind("can be opened by others")),
        case("mode 0400", |path| mode(path, 0o400), Opens),
        case("mode 0000", |path| mode(path, 0), Opens),
        case("setuid", |path| mode(path, 0o4600), Opens),
        case("the file of bob", |path| exchange(path, false), unsafe_kind("belongs to user id ")),
        case(
            "the file of bob, given to anna",
            |path| exchange(path, true),
            unsafe_kind("is the secret file of another user, 'bob'"),
        ),
        case(
            "beside what a crash left behind",
            |path| std::fs::write(path.with_file_name(".anna.new"), "half").expect("no file"),
            Opens,
        ),
    ]
}

fn device(path: &Path, kind: &str, major: &str, minor: &str) {
    aside(path);
    run(Command::new("mknod").args(["-m", "600"]).arg(path).args([kind, major, minor]));
    owner(path, "anna");
    assert!(std::fs::symlink_metadata(path).expect("no device").file_type().is_char_device());
}

/// Bob's secret file at anna's place.
fn exchange(path: &Path, give: bool) {
    Person::new("bob", 2, "/var/lib/insis-otp/%u").pair();
    aside(path);
    std::fs::rename(path.with_file_name("bob"), path).expect("cannot move it");
    if give {
        owner(path, "anna");
    }
}

/// Everything about the directory.
fn directories() -> Vec<Case> {
    let store = |path: &Path| path.parent().expect("a directory").to_owned();
    vec![
        case("directory: writable by everybody", move |path| mode(&store(path), 0o777), DIRECTORY),
        case("directory: writable by everybody, sticky", move |path| mode(&store(path), 0o1777), DIRECTORY),
        case("directory: writable by its group", move |path| mode(&store(path), 0o770), DIRECTORY),
        case(
            "directory: writable by its group, sticky and readable",
            move |path| mode(&store(path), 0o1770),
            DIRECTORY,
        ),
        case("directory: of the user", move |path| owner(&store(path), "anna"), DIRECTORY),
        case("directory: 0755", move |path| mode(&store(path), 0o755), Opens),
        case("directory: 0700", move |path| mode(&store(path), 0o700), Opens),
        case(
            "directory: gone",
            move |path| std::fs::remove_dir_all(store(path)).expect("no directory"),
            DIRECTORY,
        ),
        case(
            "directory: a file",
            move |path| {
                std::fs::remove_dir_all(store(path)).expect("no directory");
                std::fs::write(store(path), "x").expect("no file");
            },
            DIRECTORY,
        ),
        case(
            "directory: a symbolic link",
            move |path| {
                std::fs::rename(store(path), "/var/lib/elsewhere").expect("cannot move it");
                symlink("/var/lib/elsewhere", store(path)).expect("no link");
            },
            DIRECTORY,
        ),
    ]
}

/// A good store again, whatever was done to it.
fn mend(machine: &Machine<Person>) {
    let store = Path::new("/var/lib/insis-otp");
    let _ = std::fs::remove_file(store);
    let _ = std::fs::remove_dir_all(store);
    for left in ["/var/lib/elsewhere", "/run/aside"] {
        let _ = std::fs::remove_dir_all(left);
        let _ = std::fs::remove_file(left);
    }
    run(Command::new("install").args(["-d", "-m", "1730", "-g", "insis-otp", "/var/lib/insis-otp"]));
    insis_otp_tests::faults::mark(store);
    machine.anna.pair();
}

fn check(machine: &Machine<Person>, name: &str, verdict: Verdict) {
    let (said, line) = machine.logged(|| machine.login(&machine.anna.code(STEP)));
    let right = match verdict {
        Opens => said.code() == Code::SUCCESS,
        Refused => said.code() == Code::AUTH_ERR,
        Unavailable("none") => said.code() == Code::AUTH_ERR && line.contains("reason=throttled"),
        Unavailable(why) => said.code() == Code::AUTHINFO_UNAVAIL && line.contains(why),
    };
    assert!(right, "{name}: expected {verdict:?}, got {said:?}\n{line}");
    println!("| {name} | {} |", said.code);
}

#[test]
fn secret_files_of_every_shape_have_their_verdict() {
    let machine = Machine::frozen(MODULE);
    let cases: Vec<_> = contents().into_iter().chain(kinds()).chain(directories()).collect();
    assert!(cases.len() >= 150, "{}", cases.len());
    for (name, spoil, verdict) in cases {
        mend(&machine);
        spoil(machine.anna.file.path());
        check(&machine, &name, verdict);
    }
}
