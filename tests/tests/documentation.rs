//! The pages in Markdown: every link within the repository leads somewhere, and every test that they name is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace")
}

fn pages() -> Vec<PathBuf> {
    let folders = ["", "config", "docs", "docs/development"].map(|folder| repository().join(folder));
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder"));
    let paths = files.map(|file| file.expect("a file").path());
    paths.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect()
}

/// The targets of `[text](target)`, but those elsewhere.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    let ends = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    ends.map(|(target, _)| target).filter(|target| !target.contains("://"))
}

/// The anchors of a page's headings, as forges make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let kept = |letter: char| match letter {
        ' ' => Some('-'),
        letter if letter.is_alphanumeric() || "-_".contains(letter) => Some(letter.to_ascii_lowercase()),
        _ => None,
    };
    headings.map(|line| line.trim_start_matches('#').trim().chars().filter_map(kept).collect()).collect()
}

#[test]
fn every_link_in_a_page_leads_to_a_file_and_a_heading() {
    let mut seen = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page");
        for target in targets(&text) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let there =
                if path.is_empty() { page.clone() } else { page.parent().expect("a folder").join(path) };
            assert!(there.exists(), "{}: there is no {path}", page.display());
            if !anchor.is_empty() {
                let there = std::fs::read_to_string(there).expect("a page");
                assert!(anchors(&there).contains(anchor), "{}: {target} leads to no heading", page.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} links were found");
}

/// The functions without arguments of a file, tests among them.
fn functions(path: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(path).expect("a source");
    let names = text.lines().filter_map(|line| line.strip_prefix("fn ")?.split_once("()"));
    names.map(|(name, _)| name.to_owned()).collect()
}

/// The `file::test` of a page.
fn named_tests(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let quoted = text.split('`').skip(1).step_by(2);
    let name = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_' || byte.is_ascii_digit())
    };
    quoted.filter_map(|text| text.split_once("::")).filter(move |(file, test)| name(file) && name(test))
}

#[test]
fn every_test_that_a_page_names_is_in_the_file_that_it_says() {
    let mut seen = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page");
        for (file, test) in named_tests(&text) {
            let path = repository().join(format!("tests/tests/{file}.rs"));
            if path.exists() {
                assert!(functions(&path).contains(test), "{}: {file} has no {test}", page.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "only {seen} tests were found");
}

/// Who has the packages alone finds what the settings, the manual pages and README of the package name.
#[test]
fn every_page_that_is_installed_elsewhere_names_is_in_the_package() {
    let read = |path: &str| std::fs::read_to_string(repository().join(path)).expect("a file");
    let installed = read("debian/libpam-insis-otp.docs");
    let manuals = std::fs::read_dir(repository().join("docs/man")).expect("a folder");
    let manuals = manuals.map(|file| file.expect("a file").path()).filter(|path| path.is_file());
    let texts = manuals.map(|path| std::fs::read_to_string(path).expect("a page").replace('\\', ""));
    let others = ["config/insis-otp.toml", "README.md", "debian/libpam-insis-otp.README.Debian"].map(read);
    let mut seen = BTreeSet::new();
    for text in texts.chain(others) {
        for rest in text.split("docs/howto-").skip(1) {
            let name = rest.split(|letter: char| !letter.is_ascii_lowercase()).next().unwrap_or_default();
            seen.insert(format!("docs/howto-{name}.md"));
        }
    }
    assert_eq!(seen.len(), 5, "{seen:?}");
    for page in seen.iter().map(String::as_str).chain(["README.md", "docs/pictures"]) {
        assert!(installed.lines().any(|line| line == page), "{page} is in no package");
    }
}

#[test]
fn the_index_lists_every_page() {
    let index = std::fs::read_to_string(repository().join("docs/README.md")).expect("the index");
    for folder in ["docs", "docs/development", "docs/man"] {
        for file in std::fs::read_dir(repository().join(folder)).expect("a folder") {
            let path = file.expect("a file").path();
            let name =
                path.strip_prefix(repository().join("docs")).expect("below docs").display().to_string();
            let is_page = [".md", ".1", ".5", ".8"].iter().any(|ending| name.ends_with(ending));
            if is_page && name != "README.md" {
                assert!(index.contains(&format!("({name})")), "docs/README.md does not list {name}");
            }
        }
    }
}

/// What make docs makes a site of.
#[test]
fn the_site_has_every_page_that_there_is() {
    let contents = std::fs::read_to_string(repository().join("docs/site/SUMMARY.md")).expect("the contents");
    let listed: BTreeSet<_> = targets(&contents).map(str::to_owned).collect();
    for page in &listed {
        assert!(repository().join(page).is_file(), "docs/site/SUMMARY.md: there is no {page}");
    }
    let manuals = std::fs::read_dir(repository().join("docs/man")).expect("a folder");
    let manuals = manuals.map(|file| file.expect("a file").path()).filter(|path| path.is_file());
    for page in pages().into_iter().chain(manuals) {
        let name = page.strip_prefix(repository()).expect("a page of ours").display().to_string();
        assert!(listed.contains(&name), "docs/site/SUMMARY.md does not list {name}");
    }
    assert!(listed.len() > 20, "{listed:?}");
}

/// The rows `| module | subject | uses |` of the library's table: each module with those that it may use, from above.
fn modules() -> Vec<(String, BTreeSet<String>)> {
    let path = repository().join("docs/development/code-structure.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let table = page.split("| module | subject | uses |").nth(1).expect("the table");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|')).map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let words = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let [_, module, _, uses, _] = cells.as_slice() else { panic!("{row}") };
        (words(module).remove(0), words(uses).into_iter().collect())
    });
    rows.collect()
}

/// The source files of a module of the library, without its tests.
fn sources(module: &str) -> Vec<String> {
    let folder = repository().join("insis_otp/src");
    let (mut waiting, mut texts) =
        (vec![folder.join(module), folder.join(format!("{module}.rs"))], Vec::new());
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting
                .extend(std::fs::read_dir(path).expect("a folder").map(|file| file.expect("a file").path()));
        } else if path.exists() && !path.ends_with("tests.rs") {
            let text = std::fs::read_to_string(path).expect("a file");
            texts.push(text.split("#[cfg(test)]\nmod tests {").next().expect("the code").to_owned());
        }
    }
    texts
}

/// The modules of the library that a source names: `crate::…` in code, and what the crate's root hands on from `keyed`.
fn named(source: &str) -> BTreeSet<String> {
    let code =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let pattern = regex::Regex::new(r"crate::(?:(\w+!?)|\{([^}]*)\})").expect("a pattern");
    let words = pattern.captures_iter(&code).flat_map(|found| {
        let list = found.get(1).or(found.get(2)).map_or("", |list| list.as_str());
        list.split(',')
            .map(|word| word.trim().split(':').next().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    });
    let known = |word: String| match word.as_str() {
        "RememberedClient" | "Source" => "keyed".to_owned(),
        _ => word,
    };
    // A macro is in no module.
    words.map(known).filter(|word| !word.is_empty() && !word.ends_with('!')).collect()
}

#[test]
fn modules_of_the_library_use_those_below_them_only_as_the_page_says() {
    let modules = modules();
    let order: Vec<_> = modules.iter().map(|(module, _)| module.as_str()).collect();
    let lib = std::fs::read_to_string(repository().join("insis_otp/src/lib.rs")).expect("the crate's root");
    for line in lib.lines() {
        if let Some(module) = line.trim_start_matches("pub ").strip_prefix("mod ") {
            let module = module.trim_end_matches(';');
            assert!(order.contains(&module), "docs/development/code-structure.md does not list {module}");
        }
    }
    for (index, (module, listed)) in modules.iter().enumerate() {
        let mut used: BTreeSet<_> = sources(module).iter().flat_map(|source| named(source)).collect();
        assert!(!sources(module).is_empty(), "there is no module {module}");
        used.remove(module);
        assert_eq!(&used, listed, "what {module} uses");
        for below in listed {
            let there = order.iter().position(|module| module == below);
            assert!(there.is_some_and(|there| there > index), "{module} uses {below}, which is above it");
        }
    }
}
