//! The reader held to the toml crate.

use proptest::prelude::*;
use toml::de::{DeTable, DeValue};

use super::*;

/// Path and value of each setting, in alphabetical order.
type Flat = Vec<(Vec<String>, String)>;

/// A value; of what no setting can be, only that it is that.
fn shown(value: &Found<'_>) -> String {
    match value {
        Found::Other(_) => "Other".to_owned(),
        value => format!("{value:?}"),
    }
}

/// What the toml crate makes of a text; `None` when it is not TOML.
fn reference(text: &str) -> Option<Flat> {
    fn flat(table: &DeTable<'_>, above: &[String], all: &mut Flat) {
        for (key, value) in table {
            let path = [above, &[key.get_ref().to_string()]].concat();
            match value.get_ref() {
                DeValue::Table(inner) => flat(inner, &path, all),
                value => all.push((path, shown(&found(value)))),
            }
        }
    }
    fn found<'v>(value: &'v DeValue<'_>) -> Found<'v> {
        match value {
            DeValue::String(text) => Found::Text(text.as_ref().into()),
            DeValue::Integer(number) => {
                u64::from_str_radix(number.as_str(), number.radix()).map_or(Found::Other(""), Found::Number)
            }
            DeValue::Boolean(flag) => Found::Flag(*flag),
            DeValue::Array(items) => {
                let texts = items.iter().map(|item| item.get_ref().as_str().map(Cow::Borrowed));
                texts.collect::<Option<_>>().map_or(Found::List, Found::Texts)
            }
            _ => Found::Other(""),
        }
    }
    let mut all = Vec::new();
    flat(DeTable::parse(text).ok()?.get_ref(), &[], &mut all);
    all.sort();
    Some(all)
}

/// What is read of a text. Its plain form must be a matter of speed only.
fn ours(text: &str) -> Option<Flat> {
    let document = Document::parse_any(text).ok();
    if let Some(plain) = plain::read(text) {
        assert_eq!(format!("{:?}", Some(plain)), format!("{document:?}"), "{text:?}");
    }
    let document = Document::parse(text).ok()?;
    let path =
        |setting: &Setting<'_>| document.parts(&setting.path).iter().map(ToString::to_string).collect();
    let flat = |setting: &Setting<'_>| (path(setting), shown(&setting.value));
    let mut all: Vec<_> = document.settings.iter().map(flat).collect();
    all.sort();
    Some(all)
}

#[test]
fn documents_say_what_the_toml_crate_reads() {
    for text in [
        "",
        "\u{feff}a = 1",
        "a = 1 # x\n\n[service.sshd]\na = 0x1f\nb = [\"x\", 'y', # c\n \"\"\"z\"\"\",]\n",
        "a.b.c = true\n\"a.b\" = -1\n'x y' = 1_000\n[service.\"my app\"]\nz = \"\\u0161\\n\"\r\n",
        "a = [1, 'x']\nb = []\nc = 1979-05-27T07:32:00Z\nd = 1.5\ne = [true]\nf = 99999999999999999999",
        "[a]\n[a.b]\nx = 1\n[a.c]\n",
        "[b.c]\nx = 1\n[b]\ny = 2\n",
    ] {
        assert!(ours(text).is_some(), "{text:?}: {:?}", Document::parse(text));
        assert_eq!(ours(text), reference(text), "{text:?}");
    }
}

/// Else each login would pay for the parser again.
#[test]
fn the_shipped_settings_are_plain() {
    let shipped = include_str!("../../../../config/insis-otp.toml");
    assert!(plain::read(shipped).is_some());
    assert!(ours(shipped).is_some_and(|settings| settings.len() > 10));
}

#[test]
fn the_plain_form_has_values_of_each_kind() {
    let text = "\t# c\r\n\r\na=\"x # y\"#c\nb = [ # c\n\"p\" ,\n\n\"q\",] # d\r\nc = []\nd\t= 10 \ne = true\n[ab.c-d]\n f = 0\ng = false";
    assert!(plain::read(text).is_some());
    assert_eq!(ours(text), reference(text));
    for other in [
        "a = 'x'",
        "a.b = 1",
        "a = \"\\n\"",
        "a = \"\"\"x\"\"\"",
        "a = 1_0",
        "a = [1]",
        "a = [\"x\" \"y\"]",
        "a = [,]",
        "a = 01",
        "a",
        "a = ",
        "a = 1\na = 2",
        "[a]\n[a]",
        "\u{e9} = 1",
        "[a",
        "[]",
        "[a.]",
    ] {
        assert!(plain::read(other).is_none(), "{other:?}");
    }
}

#[test]
fn what_is_not_toml_is_refused() {
    for text in [
        "a = 1\na = 2",
        "a",
        "a =",
        "= 1",
        "a = 1 b = 2",
        "[a]\nx = 1\n[a]\ny = 1",
        "[a]\n[a]",
        "a.b = 1\n[a]\nc = 1",
        "[a.b]\nx = 1\n[a]\nb.y = 2",
        "a = \"x",
        "a = [1",
        "[a",
        "a = '''x''",
        "a = tru",
        "a = 01",
        "a = \"\\x\"",
        "# \u{7}",
        "a = \"\u{1}\"",
        "a = 1\rb = 2",
        "a b = 1",
        "\"\"\"a\"\"\" = 1",
    ] {
        assert_eq!(reference(text), None, "{text:?}");
        assert_eq!(ours(text), None, "{text:?}");
    }
}

#[test]
fn comments_are_plain_whatever_stands_in_them() {
    for letter in (0..0x20).chain(0x7e..0x82).filter_map(char::from_u32) {
        for (offset, length) in (0..24).flat_map(|offset| [(offset, offset), (offset, 24)]) {
            let rest = "z".repeat(length - offset);
            let text = format!("a = 1 #{}{letter}{rest}\nb = 2\n", "\u{17e}\t".repeat(offset));
            let (plain, any) = (plain::read(&text), Document::parse_any(&text));
            assert_eq!(
                plain.map(|document| document.settings.len()),
                any.ok().map(|any| any.settings.len()),
                "{text:?}"
            );
        }
    }
}

#[test]
fn the_first_control_character_is_found_wherever_it_is() {
    /// Byte by byte.
    fn reference(text: &str) -> Option<usize> {
        let is_line_end = |at: usize| text[at..].starts_with("\r\n") || text[at..].starts_with('\n');
        let is_control = |(_, byte): &(usize, u8)| *byte < 0x20 || *byte == 0x7f;
        let mut controls = text.bytes().enumerate().filter(is_control);
        controls.find(|(at, byte)| *byte != b'\t' && !is_line_end(*at)).map(|(at, _)| at)
    }
    let plain = "x\n\r\n \t\u{e9}\u{1f600} # abcdefghijk\r\n\u{e9}";
    for (offset, byte) in (0..plain.len()).flat_map(|offset| (0..0x80).map(move |byte| (offset, byte))) {
        let mut text = plain.as_bytes().to_vec();
        text[offset] = byte;
        if let Ok(text) = String::from_utf8(text) {
            assert_eq!(control_character(&text), reference(&text), "{byte:#x} at {offset}");
        }
    }
}

#[test]
fn what_has_no_place_in_settings_is_refused() {
    for (text, offset, what) in [
        ("a = 1\nb = { c = 1 }", 10, "there are no tables within values here"),
        ("[[a]]\nb = 1", 0, "there are no lists of tables here"),
        ("a = [\n[1]]", 6, "there are no lists within lists here"),
        ("a = 1\nb = 2\na = 3", 12, "this is there twice"),
        ("[a]\n[b]\n[a]", 9, "this table is there twice"),
        ("a = 1\n1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17 = 1", 6, "this has too many parts"),
        ("[1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17]", 1, "this has too many parts"),
    ] {
        assert_eq!(Document::parse(text).unwrap_err(), (offset, what.to_owned()), "{text:?}");
    }
    let many: String = (0..1001).map(|n| format!("k{n} = 1\n")).collect();
    assert_eq!(Document::parse(&many).unwrap_err().1, "there are too many settings");
    let many: String = (0..1001).map(|n| format!("[k{n}]\n")).collect();
    assert_eq!(Document::parse(&many).unwrap_err().1, "there are too many tables");
}

#[test]
fn depth_costs_nothing() {
    for deep in ["[", "{a=", "a."] {
        assert!(Document::parse(&format!("a = {}", deep.repeat(60_000))).is_err());
        assert!(Document::parse(&deep.repeat(20_000)).is_err());
    }
    let wide: String = (0..900).map(|n| format!("k{n} = 1\n")).collect();
    assert!(Document::parse(&format!("[{}a]\n{wide}", "a.".repeat(20_000))).is_err());
}

const PIECES: &[&str] = &[
    "a",
    "b",
    "service",
    ".",
    " = ",
    "=",
    "1",
    "0x1f",
    "-2",
    "true",
    "\"x\"",
    "'y'",
    "[",
    "]",
    "\n",
    "[a]\n",
    "[a.b]\n",
    "[service.x]\n",
    "a = 1\n",
    "b = [\"x\"]\n",
    "a.b = 'x'\n",
    ",",
    " ",
    "# c\n",
    "\"\"\"",
    "'''",
    "\\",
    "\r\n",
    "{",
    "}",
    "1.5",
    "\"\\u00e9\"",
    "\t",
    "_",
    "+",
    "[\"x\", \"\"]",
    "c-d = \"x\" # c\r\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    /// Whatever is read is TOML, and says what the toml crate reads in it. Of what no setting can be (dates, say) it
    /// is not known whether it is well-formed.
    #[test]
    fn nothing_is_read_that_is_not_toml(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24)) {
        let text = pieces.concat();
        if let Some(read) = ours(&text)
            && read.iter().all(|(_, value)| value != "Other" && value != "List")
        {
            prop_assert_eq!(Some(read), reference(&text), "{:?}", text);
        }
    }
}
