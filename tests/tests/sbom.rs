//! The bills of materials: each names what its binary is made of, all of it, and nothing that is only built with.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use insis_otp_tests::env::{require_machine, run};
use serde_json::Value;

/// A crate's name and version.
type Crate = (String, String);

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").to_owned()
}

fn output(command: &mut Command) -> Vec<u8> {
    run(command.current_dir(repository())).stdout
}

/// The bill of a binary. Cargo must not need a network for it.
fn bill(binary: &str) -> Value {
    let bytes = output(Command::new("debian/sbom").args([binary, "cargo", "--offline"]));
    serde_json::from_slice(&bytes).expect("JSON")
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}"))
}

fn components(bill: &Value) -> &[Value] {
    bill["components"].as_array().expect("components")
}

/// The crates in a bill, the binary itself among them. What is no crate of Cargo.lock has no version of one.
fn crates_in(bill: &Value, locked: &BTreeMap<Crate, Option<String>>) -> BTreeSet<Crate> {
    let own = std::iter::once(&bill["metadata"]["component"]);
    let named = components(bill).iter().chain(own).filter_map(|component| {
        Some((component["name"].as_str()?.to_owned(), component["version"].as_str()?.to_owned()))
    });
    named.filter(|found| locked.contains_key(found)).collect()
}

/// What Cargo.lock has, with checksums.
fn locked() -> BTreeMap<Crate, Option<String>> {
    let lock = std::fs::read_to_string(repository().join("Cargo.lock")).expect("Cargo.lock");
    let packages = lock.split("[[package]]").skip(1).map(|package| {
        let value = |key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""));
            line.map(|rest| rest.trim_end_matches('"').to_owned())
        };
        ((value("name").expect("a name"), value("version").expect("a version")), value("checksum"))
    });
    packages.collect()
}

fn metadata() -> Value {
    let host = String::from_utf8(output(Command::new("rustc").arg("-vV"))).expect("UTF-8");
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host").to_owned();
    let options = ["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", &host];
    serde_json::from_slice(&output(Command::new("cargo").args(options))).expect("JSON")
}

/// Everything that a binary could link with the features of the whole workspace: no macros, no build scripts.
fn linkable(binary: &str, metadata: &Value) -> BTreeSet<Crate> {
    let all = |key: &str| metadata[key].as_array().expect("an array");
    let packages: BTreeMap<_, _> =
        all("packages").iter().map(|package| (text(package, "id"), package)).collect();
    let nodes = metadata["resolve"]["nodes"].as_array().expect("nodes");
    let nodes: BTreeMap<_, _> = nodes.iter().map(|node| (text(node, "id"), node)).collect();
    let is_macro = |id: &str| packages[id]["targets"].to_string().contains("\"proc-macro\"");
    let root = packages.iter().find(|(_, package)| text(package, "name") == binary).expect("the binary").0;
    let (mut found, mut waiting) = (BTreeSet::new(), vec![*root]);
    while let Some(id) = waiting.pop() {
        if !found.insert(id) {
            continue;
        }
        for dependency in nodes[id]["deps"].as_array().expect("dependencies") {
            let kinds = dependency["dep_kinds"].as_array().expect("kinds");
            let id = text(dependency, "pkg");
            if kinds.iter().any(|kind| kind["kind"].is_null()) && !is_macro(id) {
                waiting.push(id);
            }
        }
    }
    let named = |id| (text(packages[id], "name").to_owned(), text(packages[id], "version").to_owned());
    found.into_iter().map(named).collect()
}

/// The crates whose source is named in a binary, as the place of a panic: `…/registry/src/INDEX/NAME-VERSION/…`.
fn named_in(path: &Path) -> BTreeSet<String> {
    let bytes = std::fs::read(path).expect("the binary");
    let pattern =
        regex::bytes::Regex::new(r"/registry/src/[^/\x00]+/([0-9A-Za-z_.+-]+)/").expect("a pattern");
    let names = pattern.captures_iter(&bytes).map(|found| String::from_utf8_lossy(&found[1]).into_owned());
    names.collect()
}

fn installed(binary: &str) -> PathBuf {
    match binary {
        "pam_insis_otp" => insis_otp_tests::env::module(),
        "otp-helper" | "otp-fleet" | "otp-idp" => Path::new("/usr/libexec").join(binary),
        other => Path::new("/usr/bin").join(other),
    }
}

#[test]
fn each_bill_lists_what_its_binary_links_with_versions_licences_and_checksums() {
    require_machine();
    let (locked, metadata) = (locked(), metadata());
    for binary in ["pam_insis_otp", "otp-helper", "otp-fleet", "otp-idp", "otp-setup"] {
        let bill = bill(binary);
        let crates = crates_in(&bill, &locked);
        let could = linkable(binary, &metadata);
        assert!(crates.is_subset(&could), "{binary} does not link {:?}", crates.difference(&could));

        let listed: BTreeSet<_> = crates.iter().map(|(name, version)| format!("{name}-{version}")).collect();
        let named = named_in(&installed(binary));
        assert!(named.len() > 5, "{binary} names no crates: {named:?}");
        assert!(named.is_subset(&listed), "{binary} has {:?}, too", named.difference(&listed));

        for component in components(&bill) {
            assert!(!text(&component["licenses"][0], "expression").contains('/'), "{component}");
            let name = (
                text(component, "name").to_owned(),
                component["version"].as_str().unwrap_or_default().to_owned(),
            );
            let Some(Some(checksum)) = locked.get(&name) else { continue };
            assert_eq!(text(&component["hashes"][0], "content"), checksum, "{component}");
            let purl = format!("pkg:cargo/{}@{}", name.0, name.1.replace('+', "%2B"));
            assert_eq!(text(component, "purl"), purl);
        }
        let others = components(&bill).len() + 1 - crates.len();
        assert_eq!(
            others,
            if matches!(binary, "otp-helper" | "otp-fleet" | "otp-idp") { 1 } else { 2 },
            "the standard library, and what each has besides"
        );
    }
}

#[test]
fn what_every_login_depends_on_is_in_the_modules_bill_and_build_tools_are_not() {
    require_machine();
    let bill = bill("pam_insis_otp");
    let names: BTreeSet<_> = components(&bill).iter().map(|component| text(component, "name")).collect();
    for name in ["insis_otp", "hmac", "sha1", "sha2", "subtle", "totp-rs", "toml_parser", "rust-std"] {
        assert!(names.contains(name), "{name}");
    }
    for name in ["syn", "zeroize_derive", "clap", "proptest", "tempfile"] {
        assert!(!names.contains(name), "{name}");
    }
}

#[test]
fn every_reference_is_of_something_in_the_bill() {
    require_machine();
    for binary in ["pam_insis_otp", "otp-helper", "otp-fleet", "otp-idp", "otp-setup"] {
        let bill = bill(binary);
        assert_eq!((text(&bill, "bomFormat"), text(&bill, "specVersion")), ("CycloneDX", "1.6"));
        let own = text(&bill["metadata"]["component"], "bom-ref");
        let known: BTreeSet<_> =
            components(&bill).iter().map(|component| text(component, "bom-ref")).chain([own]).collect();
        assert_eq!(known.len(), components(&bill).len() + 1, "a reference stands for one component");
        let mut reached = BTreeSet::from([own]);
        for entry in bill["dependencies"].as_array().expect("dependencies") {
            assert!(known.contains(text(entry, "ref")), "{entry}");
            for used in entry["dependsOn"].as_array().expect("references") {
                reached.insert(used.as_str().expect("a reference"));
            }
        }
        assert_eq!(reached, known, "everything is there because something needs it");
    }
}

#[test]
fn the_same_source_makes_the_same_bill_with_no_time_but_the_one_that_is_given() {
    require_machine();
    let make = |time: Option<&str>| {
        let mut command = Command::new("debian/sbom");
        command.args(["otp-setup", "cargo", "--offline"]).env_remove("SOURCE_DATE_EPOCH");
        if let Some(time) = time {
            command.env("SOURCE_DATE_EPOCH", time);
        }
        output(&mut command)
    };
    assert_eq!(make(None), make(None));
    assert!(!String::from_utf8(make(None)).expect("UTF-8").contains("timestamp"));
    let dated: Value = serde_json::from_slice(&make(Some("1700000000"))).expect("JSON");
    assert_eq!(text(&dated["metadata"], "timestamp"), "2023-11-14T22:13:20Z");
    assert!(!dated.to_string().contains(&*repository().to_string_lossy()), "a path of this machine");
}
