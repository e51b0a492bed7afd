//! Tries the inputs that fuzzing has found worth keeping (fuzz/corpus) once more, and says how many there were.

use std::path::Path;
use std::time::{Duration, Instant};

use insis_otp_fuzz_targets::TARGETS;

/// No input may take longer.
const BOUND: Duration = Duration::from_secs(2);

fn main() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for (name, target) in TARGETS {
        let entries = std::fs::read_dir(corpus.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut tried = 0;
        for entry in entries {
            let path = entry.expect("an entry").path();
            let input = std::fs::read(&path).expect("an input");
            let start = Instant::now();
            target(&input);
            assert!(start.elapsed() < BOUND, "{} took {:?}", path.display(), start.elapsed());
            tried += 1;
        }
        println!("{name} {tried}");
    }
}
