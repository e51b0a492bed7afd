//! Authenticates as often as its standard input says, and says how long each time took; see [`insis_otp_benches::timer`].

use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Instant;

use insis_otp::oath::{OtpGenerator, Parameters, Secret, Step};
use insis_otp_benches::timer::{Done, Input, Order};
use insis_otp_tests::pam::{Login, Reply};
use insis_otp_tests::person::secret_bytes;
use nix::fcntl::{Flock, FlockArg};

fn main() {
    for line in std::io::stdin().lines() {
        let line = line.expect("cannot read an order");
        let order: Order = serde_json::from_str(&line).expect("an order is JSON");
        let done = obey(&order);
        let text = serde_json::to_string(&done).expect("what was done is JSON");
        let mut output = std::io::stdout();
        writeln!(output, "{text}").and_then(|()| output.flush()).expect("nobody listens");
    }
}

fn obey(order: &Order) -> Done {
    let reply = match &order.reply {
        Input::Text(text) => Reply::text(text),
        Input::Huge(length) => Reply::huge(*length),
    };
    let login = Login::to(&order.service).confdir(order.folder.as_ref()).user(&order.user).types([reply]);
    let start = Instant::now();
    let mut pam = login.begin();
    let code = pam.authenticate();
    if let Some(path) = &order.floor {
        smallest_work(path.as_ref());
    }
    drop(pam);
    let nanos = u64::try_from(start.elapsed().as_nanos()).expect("not that long");
    let (resident, peak) = memory();
    Done { nanos, code: code.name().to_owned(), resident, peak, descriptors: descriptors() }
}

/// The least that anybody can do who accepts a code once: open, lock, read, three HMACs, write, sync, close.
fn smallest_work(path: &Path) {
    let file = File::options().read(true).write(true).open(path).expect("cannot open the floor's file");
    let file = Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, error)| error).expect("cannot lock");
    let mut page = [0; 4096];
    let read = nix::sys::uio::pread(&*file, &mut page, 0).expect("cannot read");
    assert_eq!(read, page.len());
    let secret = Secret::from_bytes(&secret_bytes(1)).expect("20 bytes are a secret");
    let key = OtpGenerator::new(secret, Parameters::default());
    for step in 1..=3 {
        std::hint::black_box(key.code(Step(step)));
    }
    let written = nix::sys::uio::pwrite(&*file, page.get(..512).unwrap_or_default(), 2048);
    assert_eq!(written, Ok(512));
    nix::unistd::fdatasync(file.as_fd()).expect("cannot sync");
}

fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").expect("no /proc");
    let field = |name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("the kernel says so");
        line.trim().trim_end_matches(" kB").parse().expect("a number of KiB")
    };
    (field("VmRSS:"), field("VmHWM:"))
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("no /proc").count()
}
