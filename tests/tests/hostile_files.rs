//! Secret files, directories and configurations in every shape that somebody may give them. Each has its verdict in a
//! table; none hangs, crashes or opens a login that it should not.

use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use insis_otp_tests::env::{STORE, run};
use insis_otp_tests::machine::{Machine, ONE_TRY};
use insis_otp_tests::page::Page;
use insis_otp_tests::pam::Code;
use insis_otp_tests::person::{Person, STEP, SYSTEM_STORE};

/// What becomes of the right code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    /// It opens the login: the shape is harmless.
    Opens,
    /// It is refused like a wrong code.
    Refused,
    /// Nobody can log in until somebody corrects it; the log has this to say.
    Unavailable(&'static str),
}
use Verdict::{Opens, Refused, Unavailable};

const DAMAGED: Verdict = Unavailable("damaged: ");
const NOT_PAGE: Verdict = Unavailable("damaged: it is not 4096 bytes long");
const HEAD: Verdict = Unavailable("damaged: its head is not ");
const NO_STATE: Verdict = Unavailable("damaged: no state slot is valid");
const DIRECTORY: Verdict = Unavailable("its directory ");
const LINK: Verdict = Unavailable("is a symbolic link");
const NOT_OPENED: Verdict = Unavailable("cannot open it: ");
const OPEN_TO_OTHERS: Verdict = Unavailable("can be opened by others");

/// What is done to a file or directory.
type Spoil = fn(&Path);

/// What becomes of the bytes of a file or of its head.
type Change = fn(Vec<u8>) -> Vec<u8>;

/// A text, another one so many times, and a text behind.
type Long = (&'static str, &'static str, usize, &'static str);

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
fn state(from: impl Into<String>, to: impl Into<String>, verdict: Verdict) -> Case {
    let (from, to) = (from.into(), to.into());
    content(
        format!("state: {from} becomes {to:.40}"),
        move |good| Page::of(&good).first_kind().state(&from, &to).bytes(),
        verdict,
    )
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("cannot set a mode");
}

fn move_away(path: &Path) -> PathBuf {
    let aside = Path::new("/run/aside");
    std::fs::rename(path, aside)
        .or_else(|_| std::fs::copy(path, aside).and_then(|_| std::fs::remove_file(path)))
        .expect("cannot move it");
    aside.to_owned()
}

fn owner(path: &Path, owner: &str) {
    run(Command::new("chown").args(["--no-dereference", owner]).arg(path));
}

/// Everything about the content of the file: a name, what becomes of its bytes, and the verdict.
const CONTENTS: &[(&str, Change, Verdict)] = &[
    ("untouched", |good| good, Opens),
    ("empty", |_| Vec::new(), NOT_PAGE),
    ("one byte", |_| vec![b'x'], NOT_PAGE),
    ("one byte short", |good| good.into_iter().take(4095).collect(), NOT_PAGE),
    ("one byte long", |good| [good, vec![b'\n']].concat(), NOT_PAGE),
    ("twice", |good| [good.clone(), good].concat(), NOT_PAGE),
    ("all NUL", |_| vec![0; 4096], DAMAGED),
    ("all 0xff", |_| vec![0xff; 4096], DAMAGED),
    ("all line ends", |_| vec![b'\n'; 4096], DAMAGED),
    ("bytes in turn", |_| (0..4096).map(|n| (n % 256) as u8).collect(), DAMAGED),
    ("with a BOM", |good| page(with_bom(&good)), DAMAGED),
    ("with CRLF", |good| page(with_crlf(&good)), DAMAGED),
    ("in capitals", |good| good.to_ascii_uppercase(), DAMAGED),
    ("halves exchanged", |good| [&good[2048..], &good[..2048]].concat(), DAMAGED),
    ("slots exchanged", |good| [&good[..2048], &good[3072..], &good[2048..3072]].concat(), Opens),
    ("first slot blank", |good| blank(good, 2048..3072), Opens),
    ("second slot blank", |good| blank(good, 3072..4096), Opens),
    ("both slots blank", |good| blank(good, 2048..4096), NO_STATE),
    ("head blank", |good| blank(good, 0..2048), DAMAGED),
    ("checksum of the head blank", |good| blank(good, 1984..2048), DAMAGED),
    ("google-authenticator's file", |_| google(0), NOT_PAGE),
    ("google-authenticator's file of a page", |_| google(4096), DAMAGED),
];

fn contents() -> Vec<Case> {
    let contents = CONTENTS.iter().map(|&(name, change, verdict)| content(name, change, verdict));
    contents.chain(heads()).chain(states()).collect()
}

/// A text of the head, what becomes of it, and the verdict.
const HEADS: &[(&str, &str, Verdict)] = &[
    ("format = 1", "format = 2", HEAD),
    ("format = 1", "format = 0", HEAD),
    ("format = 1", "format = -1", HEAD),
    ("format = 1", "format = 1.0", HEAD),
    ("format = 1", "format = \"1\"", HEAD),
    ("format = 1", "format = true", HEAD),
    ("format = 1", "format = 99999999999999999999999999", HEAD),
    ("format = 1", "", HEAD),
    ("format = 1", "format = 1\nformat = 1", HEAD),
    ("format = 1", "format = 1\nfuture = 1", HEAD),
    ("format = 1", "format = 1\n[table]", HEAD),
    ("format = 1", "[[format]]", HEAD),
    ("format = 1", "format.x = 1", HEAD),
    ("format = 1", "format = 1979-05-27T07:32:00Z", HEAD),
    ("format = 1", "format = inf", HEAD),
    ("user = \"anna\"", "user = \"bob\"", Unavailable("is the secret file of another user, 'bob'")),
    ("user = \"anna\"", "user = \"../anna\"", HEAD),
    ("user = \"anna\"", "user = \"\"", HEAD),
    ("user = \"anna\"", "user = \"anna\\u0000\"", HEAD),
    ("user = \"anna\"", "user = \"Anna\"", Unavailable("is the secret file of another user")),
    ("user = \"anna\"", "user = 'anna'", Opens),
    ("user = \"anna\"", "user = \"\"\"anna\"\"\"", Opens),
    ("user = \"anna\"", "user = anna", HEAD),
    ("user = \"anna\"", "user = [\"anna\"]", HEAD),
    ("user = \"anna\"", "", HEAD),
    ("secret = \"", "secret = \"\"\nx = \"", HEAD),
    ("secret = \"", "secret = \"AAAA\"\nx = \"", HEAD),
    ("secret = \"", "secret = \"0189\"\nx = \"", HEAD),
    ("secret = \"", "secret = \"%s%n\"\nx = \"", HEAD),
    ("secret = \"", "secret = \" - = ", Opens),
    ("secret = \"", "secrt = \"", HEAD),
    ("algorithm = \"SHA1\"", "algorithm = \"MD5\"", HEAD),
    ("algorithm = \"SHA1\"", "algorithm = \"\"", HEAD),
    ("algorithm = \"SHA1\"", "algorithm = \"SHA256\"", Refused),
    ("algorithm = \"SHA1\"", "algorithm = \"sha1\"", Opens),
    ("digits = 6", "digits = 0", HEAD),
    ("digits = 6", "digits = 1", HEAD),
    ("digits = 6", "digits = 9", HEAD),
    ("digits = 6", "digits = 18446744073709551615", HEAD),
    ("digits = 6", "digits = 8", Refused),
    ("digits = 6", "digits = 0x6", Opens),
    ("period = 30", "period = 0", HEAD),
    ("period = 30", "period = 4", HEAD),
    ("period = 30", "period = 301", HEAD),
    ("period = 30", "period = 4294967326", HEAD),
    ("period = 30", "period = 60", Refused),
    ("issuer = \"test\"", "issuer = \"\\u001b[2J\"", Opens),
    ("issuer = \"test\"", "issuer = 5", HEAD),
    ("paired_at = ", "paired_at = -", HEAD),
    ("paired_at = ", "paired_at = 9999999999999999999", HEAD),
    ("paired_at = ", "paired_at = 99999999", Opens),
    ("recovery_salt = \"", "recovery_salt = \"ff", HEAD),
    ("recovery_salt = \"", "recovery_salt = \"zz\"\nx = \"", HEAD),
    ("recovery_hashes = [", "recovery_hashes = [ \"00\",", HEAD),
    ("recovery_hashes = [", "recovery_hashes = [ 5,", HEAD),
];

/// The same, where what becomes of it is long: a text, and so many times another one, and what comes behind.
const LONG_HEADS: &[(&str, Long, Verdict)] = &[
    ("format = 1", ("format = 1\nx = ", "[", 900, ""), HEAD),
    ("format = 1", ("format = 1\nx = ", "{a=", 300, ""), HEAD),
    ("format = 1", ("format = 1\n", "a.", 400, "x = 1"), HEAD),
    ("secret = \"", ("secret = \"", "A", 600, "\"\nx = \""), HEAD),
    ("issuer = \"test\"", ("issuer = \"", "x", 1000, "\""), Opens),
    ("recovery_hashes = [", ("recovery_hashes = [", "\"00000000000000000000000000000000\",", 16, ""), HEAD),
];

/// A name, what becomes of the bytes of the head, and the verdict.
const HEAD_BYTES: &[(&str, Change, Verdict)] = &[
    ("head: not UTF-8", |head| [head, b"# \xff\xfe\n".to_vec()].concat(), HEAD),
    ("head: NUL", |head| [head, b"# \0\n".to_vec()].concat(), HEAD),
    ("head: carriage returns", |head| with_crlf(&head), Opens),
    ("head: BOM", |head| with_bom(&head), Opens),
];

fn heads() -> Vec<Case> {
    let deep = format!("recovery_hashes = {}{}\nx = [", "[".repeat(100), "]".repeat(100));
    let long = LONG_HEADS.iter().map(|&(from, (front, text, times, back), verdict)| {
        head(from, front.to_owned() + &text.repeat(times) + back, verdict)
    });
    let bytes = HEAD_BYTES.iter().map(|&(name, change, verdict)| {
        let change = move |good: Vec<u8>| {
            let page = Page::of(&good);
            let head = change(page.head.clone());
            Page { head, ..page }.bytes()
        };
        content(name, change, verdict)
    });
    let short = HEADS.iter().map(|&(from, to, verdict)| head(from, to, verdict));
    short.chain(long).chain([head("recovery_hashes = [", deep, HEAD)]).chain(bytes).collect()
}

fn with_crlf(text: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(text).replace('\n', "\r\n").into_bytes()
}

fn with_bom(text: &[u8]) -> Vec<u8> {
    [b"\xef\xbb\xbf".as_slice(), text].concat()
}

fn page(bytes: Vec<u8>) -> Vec<u8> {
    bytes.into_iter().take(4096).collect()
}
/// A text of the state, what becomes of it, and the verdict.
const STATES: &[(&str, &str, Verdict)] = &[
    ("# sequence=", "sequence=", NO_STATE),
    ("sequence=", "sequence=18446744073709551615 x=", NO_STATE),
    (" drift=0", "", NO_STATE),
    (" drift=0", " drift=0 drift=0", NO_STATE),
    (" drift=0", "  drift=0", NO_STATE),
    ("drift=0", "drift=5", Refused),
    ("drift=0", "drift=-2147483648", Refused),
    ("drift=0", "drift=2147483647", Refused),
    ("drift=0", "drift=2147483648", NO_STATE),
    ("failures=0", "failures=4294967295", Opens),
    ("failures=0", "failures=4294967296", NO_STATE),
    ("guesses=0", "guesses=4294967295", Opens),
    ("guesses=0 guessed=0", "guesses=4294967295 guessed=99999999999", Unavailable("none")),
    ("login=never", "login=always", NO_STATE),
    ("login=never", "login=18446744073709551615", Opens),
    ("gap=", "gap=none island=0-18446744073709551615 drift=0 failures=0 x=", NO_STATE),
    ("island=none", "island=0-18446744073709551615", Refused),
    ("island=none", "island=5", NO_STATE),
    ("island=none", "island=9-1", Opens),
    ("recovery=0000", "recovery=ffff", Opens),
    ("recovery=0000", "recovery=10000", NO_STATE),
    ("remembered=none", "remembered=", NO_STATE),
    ("remembered=none", "remembered=x:1", NO_STATE),
];

/// What becomes of the last step that is used.
const SPENT: &[(&str, Verdict)] = &[
    ("18446744073709551616", NO_STATE),
    ("-1", NO_STATE),
    ("", NO_STATE),
    ("1e9", NO_STATE),
    ("0x10", NO_STATE),
];

fn states() -> Vec<Case> {
    let spent =
        |to: String, verdict| state(format!("spent={}", STEP - 4_999), format!("spent={to}"), verdict);
    let steps = [(STEP - 2, Opens), (STEP, Refused), (STEP + 1_000_000, Refused), (u64::MAX, Refused)];
    let steps = steps.into_iter().map(|(step, verdict)| spent(step.to_string(), verdict));
    let texts = SPENT.iter().map(|&(to, verdict)| spent(to.to_owned(), verdict));
    let others = STATES.iter().map(|&(from, to, verdict)| state(from, to, verdict));
    let remembered = format!("remembered={}", ["f:1"; 40].join(","));
    let most = state("remembered=none", remembered, Opens);
    steps.chain(texts).chain(others).chain([most]).chain(fields()).collect()
}

/// Fields of a state of the second kind: a name, where it is, how long, its value, and the verdict.
const FIELDS: &[(&str, usize, usize, u64, Verdict)] = &[
    ("state 2: spent up to now", 0, 5, STEP, Refused),
    ("state 2: spent for ever", 0, 5, (1 << 40) - 1, Refused),
    ("state 2: an island over all", 20, 5, (1 << 40) - 1, Refused),
    ("state 2: drift of five", 25, 2, 5, Refused),
    ("state 2: the largest drift", 25, 2, 0x7fff, Refused),
    ("state 2: the smallest drift", 25, 2, 0x8000, Refused),
    ("state 2: all failures", 27, 4, (1 << 32) - 1, Opens),
    ("state 2: guesses long ago", 31, 4, (1 << 32) - 1, Opens),
    ("state 2: too many single codes in a row", 40, 4, 100, Refused),
    ("state 2: single codes below the bound", 40, 4, 99, Opens),
    ("state 2: a day to come", 44, 4, (1 << 32) - 1, Opens),
    ("state 2: a login to come", 52, 5, (1 << 40) - 1, Opens),
    ("state 2: all recovery codes spent", 57, 2, 0xffff, Opens),
    ("state 2: budgets of the far future", 69, 6, (1 << 48) - 1, Opens),
    ("state 2: a kind of pending that is not known", 265, 1, 9, NO_STATE),
    ("state 2: pending, of a file that is not there", 265, 1, 1, Unavailable("is gone")),
    ("state 2: a bypass code that is over", 339, 1, 255, Opens),
    ("state 2: a bypass code without a login", 334, 5, (1 << 40) - 1, Opens),
    ("state 2: news of a bypass code to come", 340, 5, (1 << 40) - 1, Opens),
    ("state 2: a field of a later version", 347, 1, 1, NO_STATE),
];

/// Texts of it: a name, the text, what becomes of it, and the verdict.
const LINES: &[(&str, &str, &str, Verdict)] = &[
    ("state 2: capital hexadecimal", "# state 2 000000000000000", "# state 2 00000000000000A", NO_STATE),
    ("state 2: another kind", "# state 2", "# state 3", NO_STATE),
    ("state 2: no comment", "# state 2", "state 2", NO_STATE),
    ("state 2: a byte less", "AAAA", "", NO_STATE),
    ("state 2: no base64", "AAAA", "AA*A", NO_STATE),
];

fn fields() -> Vec<Case> {
    let fields = FIELDS.iter().map(|&(name, at, size, value, verdict)| {
        content(name, move |good| Page::of(&good).field(at, size, value).bytes(), verdict)
    });
    let lines = LINES.iter().map(|&(name, from, to, verdict)| {
        content(name, move |good| Page::of(&good).state(from, to).bytes(), verdict)
    });
    fields.chain(lines).collect()
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

/// Everything about the file itself: a name, what is done to it, and the verdict.
const KINDS: &[(&str, Spoil, Verdict)] = &[
    ("1 GiB, sparse", |path| sparse(path, 1 << 30), NOT_PAGE),
    ("8 EiB less one, sparse or as far as it goes", |path| sparse(path, i64::MAX as u64), NOT_PAGE),
    ("missing", |path| std::fs::remove_file(path).expect("no file"), Refused),
    ("a symbolic link to the good file", |path| link(path, &move_away(path)), LINK),
    ("a symbolic link to nowhere", |path| replace_by_link(path, "/no/where"), LINK),
    ("a symbolic link to itself", |path| replace_by_link(path, path), LINK),
    ("a symbolic link to /etc/shadow", |path| replace_by_link(path, "/etc/shadow"), LINK),
    (
        "a hard link",
        |path| std::fs::hard_link(path, path.with_file_name("other")).expect("no link"),
        Unavailable("more than one name"),
    ),
    ("a FIFO", fifo, Unavailable("is a FIFO")),
    ("a FIFO that somebody writes to", busy_fifo, Unavailable("is a FIFO")),
    ("a socket", socket, NOT_OPENED),
    ("/dev/zero", |path| device(path, 1, 5), Unavailable("is a device")),
    ("/dev/full", |path| device(path, 1, 7), Unavailable("is a device")),
    ("a terminal", |path| device(path, 5, 0), NOT_OPENED),
    ("a device that nobody has", |path| device(path, 200, 200), NOT_OPENED),
    ("a directory", directory, NOT_OPENED),
    ("root's", |path| owner(path, "root"), Unavailable("belongs to user id 0, not to anna")),
    ("bob's", |path| owner(path, "bob"), Unavailable("belongs to user id ")),
    ("of no user", |path| owner(path, "54321"), Unavailable("belongs to user id 54321")),
    ("readable by its group", |path| mode(path, 0o640), OPEN_TO_OTHERS),
    ("writable by its group", |path| mode(path, 0o620), OPEN_TO_OTHERS),
    ("readable by everybody", |path| mode(path, 0o604), OPEN_TO_OTHERS),
    ("writable by everybody", |path| mode(path, 0o602), OPEN_TO_OTHERS),
    ("executable by everybody", |path| mode(path, 0o601), OPEN_TO_OTHERS),
    ("mode 0400", |path| mode(path, 0o400), Opens),
    ("mode 0000", |path| mode(path, 0), Opens),
    ("setuid", |path| mode(path, 0o4600), Opens),
    ("the file of bob", |path| exchange(path, false), Unavailable("belongs to user id ")),
    (
        "the file of bob, given to anna",
        |path| exchange(path, true),
        Unavailable("is the secret file of another user, 'bob'"),
    ),
    (
        "beside what a crash left behind",
        |path| std::fs::write(path.with_file_name(".anna.new"), "half").expect("no file"),
        Opens,
    ),
];

fn link(path: &Path, to: &Path) {
    symlink(to, path).expect("no link");
}

fn replace_by_link(path: &Path, to: impl AsRef<Path>) {
    move_away(path);
    link(path, to.as_ref());
}

fn fifo(path: &Path) {
    move_away(path);
    run(Command::new("mkfifo").args(["-m", "600"]).arg(path));
    owner(path, "anna");
}

fn busy_fifo(path: &Path) {
    fifo(path);
    // Opened for both, a FIFO does not wait for the other side.
    let both = std::fs::OpenOptions::new().read(true).write(true).open(path).expect("no FIFO");
    std::io::Write::write_all(&mut &both, &[b'x'; 4096]).expect("cannot write");
    let quiet = std::process::Stdio::null;
    let mut writer = Command::new("sleep");
    writer.arg("5").stdin(both).stdout(quiet()).stderr(quiet());
    drop(writer.spawn().expect("cannot start a writer"));
}

fn socket(path: &Path) {
    move_away(path);
    drop(UnixListener::bind(path));
    owner(path, "anna");
    mode(path, 0o600);
}

fn directory(path: &Path) {
    move_away(path);
    std::fs::create_dir(path).expect("no directory");
    owner(path, "anna");
}

fn device(path: &Path, major: u32, minor: u32) {
    move_away(path);
    run(Command::new("mknod").args(["-m", "600"]).arg(path).args([
        "c",
        &major.to_string(),
        &minor.to_string(),
    ]));
    owner(path, "anna");
    assert!(std::fs::symlink_metadata(path).expect("no device").file_type().is_char_device());
}

/// Bob's secret file at anna's place.
fn exchange(path: &Path, give: bool) {
    Person::new("bob", 2, SYSTEM_STORE).enroll();
    move_away(path);
    std::fs::rename(path.with_file_name("bob"), path).expect("cannot move it");
    if give {
        owner(path, "anna");
    }
}

/// Everything about the directory: a name, what is done to it, and the verdict.
const DIRECTORIES: &[(&str, Spoil, Verdict)] = &[
    ("directory: writable by everybody", |store| mode(store, 0o777), DIRECTORY),
    ("directory: writable by everybody, sticky", |store| mode(store, 0o1777), DIRECTORY),
    ("directory: writable by its group", |store| mode(store, 0o770), DIRECTORY),
    ("directory: writable by its group, sticky and readable", |store| mode(store, 0o1770), DIRECTORY),
    ("directory: of the user", |store| owner(store, "anna"), DIRECTORY),
    ("directory: 0755", |store| mode(store, 0o755), Opens),
    ("directory: 0700", |store| mode(store, 0o700), Opens),
    ("directory: gone", |store| std::fs::remove_dir_all(store).expect("no directory"), DIRECTORY),
    (
        "directory: a file",
        |store| {
            std::fs::remove_dir_all(store).expect("no directory");
            std::fs::write(store, "x").expect("no file");
        },
        DIRECTORY,
    ),
    (
        "directory: a symbolic link",
        |store| {
            std::fs::rename(store, "/var/lib/elsewhere").expect("cannot move it");
            symlink("/var/lib/elsewhere", store).expect("no link");
        },
        DIRECTORY,
    ),
];

/// A good store again, whatever was done to it.
fn restore(machine: &Machine<Person>) {
    let store = Path::new(STORE);
    let _ = std::fs::remove_file(store);
    let _ = std::fs::remove_dir_all(store);
    for left in ["/var/lib/elsewhere", "/run/aside"] {
        let _ = std::fs::remove_dir_all(left);
        let _ = std::fs::remove_file(left);
    }
    insis_otp_tests::enrolled::make_store();
    insis_otp_tests::faults::mark(store);
    machine.anna.enroll();
}

fn check(machine: &Machine<Person>, name: &str, verdict: Verdict) {
    let (outcome, line) = machine.logged(|| machine.login(&machine.anna.code(STEP)));
    let right = match verdict {
        Opens => outcome.code() == Code::SUCCESS,
        Refused => outcome.code() == Code::AUTH_ERR,
        Unavailable("none") => outcome.code() == Code::AUTH_ERR && line.contains("reason=throttled"),
        Unavailable(why) => outcome.code() == Code::AUTHINFO_UNAVAIL && line.contains(why),
    };
    assert!(right, "{name}: expected {verdict:?}, got {outcome:?}\n{line}");
    println!("| {name} | {} |", outcome.code);
}

#[test]
fn secret_files_of_every_shape_have_their_verdict() {
    let machine = Machine::frozen(ONE_TRY);
    let kinds = KINDS.iter().map(|&(name, spoil, verdict)| case(name, spoil, verdict));
    let directories = DIRECTORIES.iter().map(|&(name, spoil, verdict)| {
        case(name, move |path| spoil(path.parent().expect("a directory")), verdict)
    });
    let cases: Vec<_> = contents().into_iter().chain(kinds).chain(directories).collect();
    assert_eq!(cases.len(), 186);
    for (name, spoil, verdict) in cases {
        restore(&machine);
        spoil(machine.anna.file.path());
        check(&machine, &name, verdict);
    }
}
