//! How the module is linked: so that it is there quickly. Loading it is most of what an authentication costs. And its texts, with
//! the translations of `po/pam_insis_otp`.

use std::path::{Path, PathBuf};
use std::process::Command;

use catalogue::build::{Form, script};

const COLD: &str = "cold.ld";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={COLD}");
    script("pam_insis_otp", Form::ByLanguage);
    // Once loaded, it stays: a program that authenticates again and again (a locker, a mail server) does not load it
    // each time. Such a program sees a new version when it is started anew, as with every library.
    link("nodelete");
    // Relocations in a hundredth of the space; glibc understands them since 2.36.
    if glibc().is_some_and(|version| version >= (2, 36)) {
        link("pack-relative-relocs");
    }
    take_the_unwinder_along();
    set_apart_cold_code();
}

fn link(keyword: &str) {
    println!("cargo:rustc-link-arg-cdylib=-Wl,-z,{keyword}");
}

/// The version of the C library here, which is what the module is built for.
fn glibc() -> Option<(u32, u32)> {
    let version = output("getconf", "GNU_LIBC_VERSION")?;
    let (major, minor) = version.strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Links GCC's unwinder into the module. No PAM application has the shared one loaded, and to load it for the module
/// costs as much as the module itself. `-lgcc_s`, which std asks for, is made to mean the static library.
fn take_the_unwinder_along() {
    let library = output("cc", "-print-file-name=libgcc_eh.a").filter(|path| Path::new(path).is_absolute());
    let (Some(_), Some(folder)) = (library, std::env::var_os("OUT_DIR")) else { return };
    let folder = PathBuf::from(folder).join("unwinder");
    let script = "INPUT ( -lgcc_eh )\n";
    let written =
        std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join("libgcc_s.so"), script));
    if written.is_ok() {
        println!("cargo:rustc-link-search=native={}", folder.display());
    }
}

/// Puts code that hardly any login runs behind the other, so that a process has a quarter less of the module in its memory.
fn set_apart_cold_code() {
    let Some(here) = std::env::var_os("CARGO_MANIFEST_DIR") else { return };
    println!("cargo:rustc-link-arg-cdylib=-T{}", Path::new(&here).join(COLD).display());
}

fn output(program: &str, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
