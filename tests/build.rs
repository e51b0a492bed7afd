//! Builds the clock that a test can set.

use std::path::PathBuf;

fn main() {
    println!("cargo:rerun-if-changed=clock/clock.c");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let library = out.join("clock.so");
    let mut compiler = cc::Build::new().opt_level(2).get_compiler().to_command();
    let status = compiler
        .args(["-Wall", "-Wextra", "-shared", "-fPIC", "clock/clock.c", "-o"])
        .arg(&library)
        .status()
        .expect("cannot run the C compiler");
    assert!(status.success(), "the C compiler failed on clock/clock.c");
    println!("cargo:rustc-env=CLOCK_LIBRARY={}", library.display());
}
