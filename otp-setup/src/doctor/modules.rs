//! PAM modules as files: where libpam finds them, and whether it can load them.

use std::path::{Path, PathBuf};

/// The folders in which libpam looks, by distribution.
const FOLDERS: [&str; 3] = ["lib", "lib64", "usr/lib64"];

/// Where libpam finds a module below a root.
pub fn path(root: &Path, module: &str) -> Option<PathBuf> {
    if let Some(relative) = module.strip_prefix('/') {
        return Some(root.join(relative)).filter(|path| path.exists());
    }
    folders(root).into_iter().map(|folder| folder.join(module)).find(|path| path.exists())
}

/// The names of all modules below a root.
pub fn names(root: &Path) -> Vec<String> {
    let entries =
        folders(root).into_iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("pam_") && name.ends_with(".so")).collect()
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let triplet = format!("{}-linux-gnu", std::env::consts::ARCH);
    let own = [format!("lib/{triplet}"), format!("usr/lib/{triplet}"), "usr/lib".to_owned()];
    FOLDERS
        .iter()
        .map(|&folder| folder.to_owned())
        .chain(own)
        .map(|folder| root.join(folder).join("security"))
        .collect()
}

/// The package of Debian's that has a module, of those that are seen most.
pub fn package(module: &str) -> Option<&'static str> {
    Some(match module {
        "pam_sss.so" => "libpam-sss",
        "pam_krb5.so" => "libpam-krb5",
        "pam_ldap.so" => "libpam-ldapd",
        "pam_winbind.so" => "libpam-winbind",
        "pam_systemd.so" => "libpam-systemd",
        "pam_fprintd.so" => "libpam-fprintd",
        "pam_mount.so" => "libpam-mount",
        "pam_gnome_keyring.so" => "libpam-gnome-keyring",
        "pam_google_authenticator.so" => "libpam-google-authenticator",
        "pam_oath.so" => "libpam-oath",
        "pam_u2f.so" => "libpam-u2f",
        "pam_script.so" => "libpam-script",
        "pam_cap.so" => "libpam-cap",
        _ => return None,
    })
}

/// Whether it is a shared library for this machine, as a whole, with the entry that libpam calls.
pub fn is_loadable(path: &Path) -> bool {
    const LARGEST: u64 = 64 << 20;
    const ENTRY: &[u8] = b"pam_sm_authenticate\0";
    const HEADER: u64 = 64;
    let read = |path: &Path, most: u64| {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).ok()?;
        std::io::Read::read_to_end(&mut std::io::Read::take(file, most), &mut bytes).ok()?;
        Some(bytes)
    };
    let own = read(Path::new("/proc/self/exe"), HEADER);
    let (Some(library), Some(own)) = (read(path, LARGEST), own) else { return false };
    // Class and byte order, that it is a shared object, and the processor (elf(5)).
    let kind = |bytes: &[u8]| Some((bytes.get(..6)?.to_vec(), bytes.get(16..20)?.to_vec()));
    // The section headers are the last thing that a linker writes.
    let number = |range| Some(u64::from_le_bytes(<[u8; 8]>::try_from(library.get(range)?).ok()?));
    let whole = cfg!(not(all(target_pointer_width = "64", target_endian = "little")))
        || number(0x28..0x30).is_some_and(|sections| sections <= library.len() as u64);
    kind(&library) == kind(&own) && whole && library.windows(ENTRY.len()).any(|window| window == ENTRY)
}
