//! The manual page, as tests read it.

/// The tags of the lists in a section of the page, without their values.
pub fn tags(section: &str) -> Vec<&'static str> {
    let page = include_str!("../../docs/man/pam_insis_otp.8");
    let text = page.split("\n.S").find(|text| {
        let title = text.split_once(' ').map_or("", |(_, rest)| rest);
        title.starts_with(section)
    });
    let lines: Vec<_> = text.expect("a section of that name").lines().collect();
    let tag = |pair: &[&'static str]| {
        let tag = (pair[0] == ".TP").then(|| pair[1].split_once(' ')).flatten()?.1;
        tag.split([' ', '=']).next()
    };
    lines.windows(2).filter_map(tag).collect()
}

#[test]
fn it_names_every_argument_and_no_other() {
    let mut named = tags("ARGUMENTS");
    let mut right = insis_otp::config::arguments::names();
    named.sort_unstable();
    right.sort_unstable();
    assert_eq!(named, right);
}
