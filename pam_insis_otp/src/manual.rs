//! The manual page, as tests read it.

/// The tags of the lists in a section of the page, without their values.
pub fn tags(section: &str) -> Vec<&'static str> {
    let lines: Vec<_> = text(section).lines().collect();
    let tag = |pair: &[&'static str]| {
        let tag = (pair[0] == ".TP").then(|| pair[1].split_once(' ')).flatten()?.1;
        tag.split([' ', '=']).next()
    };
    lines.windows(2).filter_map(tag).collect()
}

/// A section of the page.
fn text(section: &str) -> &'static str {
    let page = include_str!("../../docs/man/pam_insis_otp.8");
    let text = page.split("\n.S").find(|text| {
        let title = text.split_once(' ').map_or("", |(_, rest)| rest);
        title.starts_with(section)
    });
    text.expect("a section of that name")
}

/// Those that are no keys by name, and of the keys those that are none.
#[test]
fn it_names_every_argument_and_no_other() {
    use insis_otp::config::{arguments, keys::KEYS};
    let (mut named, mut own) = (tags("ARGUMENTS"), arguments::names());
    own.retain(|name| KEYS.iter().all(|key| key.name != *name));
    named.sort_unstable();
    own.sort_unstable();
    assert_eq!(named, own);
    let text = text("ARGUMENTS").replace('\n', " ").replace(".BR ", "").replace(".B ", "").replace(" ,", ",");
    let others: Vec<_> = KEYS.iter().filter(|key| !key.is_argument()).map(|key| key.name).collect();
    let (last, rest) = others.split_last().expect("some");
    let sentence = format!("but {} and {last} are arguments", rest.join(", "));
    assert!(text.contains(&sentence), "{sentence}");
}
