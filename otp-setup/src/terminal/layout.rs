//! Where a sheet's parts go on a screen of so many rows and columns.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use zeroize::Zeroizing;

use crate::qr::Drawing;
use crate::ui::SecretView;
use crate::wrap::{Row, wrap};

/// The fewest columns for the text beside a code.
const NARROWEST: usize = 30;
/// How many columns terminals have, if nobody has changed that.
const USUAL: usize = 80;
/// The fewest rows for the text below one.
const LEAST_BELOW: usize = 14;

/// The rows of the screen for a sheet and what is said beside it; the last row is left to the question.
pub fn rows(view: &SecretView, message: &str, drawing: Drawing, size: (usize, usize)) -> Vec<Row> {
    let (rows, columns) = size;
    let room = rows.saturating_sub(1);
    if view.qr.is_empty() {
        return text_rows(&view.text, message, columns, room);
    }
    for symbol in &view.qr {
        let (code, width) = (symbol.lines(drawing), symbol.columns(drawing));
        let remaining = columns.saturating_sub(width + 2);
        if code.len() <= room && remaining >= NARROWEST {
            return side_by_side(code, width, &text_rows(&view.text, message, remaining, room));
        }
        if width <= columns && code.len() + LEAST_BELOW <= room {
            let below = text_rows(&view.text, message, columns, room - code.len());
            return code.into_iter().chain(below).collect();
        }
    }
    let needed = view.qr.last().map_or((0, 0), |symbol| {
        let (width, height) = (symbol.columns(drawing), symbol.lines(drawing).len());
        let remaining = width + 2 + NARROWEST;
        if remaining <= USUAL { (remaining, height + 1) } else { (width, height + LEAST_BELOW + 1) }
    });
    let too_small = view.messages.view_too_small(needed.0, needed.1);
    let text = Zeroizing::new(format!("{too_small}\n\n{}", *view.text));
    text_rows(&text, message, columns, room)
}

/// A text and what is said about the last answer, in so many rows. Where they are too few, blank ones go first, then what
/// explains, from its end: what has just been said has to be seen, and so has what cannot be had elsewhere, the secret and
/// the recovery codes.
fn text_rows(text: &str, message: &str, columns: usize, room: usize) -> Vec<Row> {
    let (mut text, message) = (wrap(&[text], columns), wrap(&[message], columns));
    let left = room.saturating_sub(message.len() + 1);
    if text.len() > left {
        text.retain(|line| !line.is_empty());
        while text.len() > left {
            let Some(last) = last_explanation(&text) else { break };
            text.remove(last);
        }
        text.truncate(left.max(room.min(text.len())));
    }
    if text.len() < room {
        text.push(Row::default());
    }
    text.into_iter().chain(message).take(room).collect()
}

/// The last line that is neither in one piece nor the heading of such lines.
fn last_explanation(text: &[Row]) -> Option<usize> {
    let in_one_piece = |line: Option<&Row>| line.is_some_and(|line| line.starts_with("  "));
    (0..text.len()).rev().find(|index| !in_one_piece(text.get(*index)) && !in_one_piece(text.get(index + 1)))
}

fn side_by_side(code: Vec<Row>, width: usize, text: &[Row]) -> Vec<Row> {
    let blank = Row::new(" ".repeat(width));
    let rows = code.len().max(text.len());
    let mut code = code.into_iter();
    let mut text = text.iter();
    let row = |_| {
        let code = code.next().unwrap_or_else(|| blank.clone());
        let text = text.next().map_or("", |text| text.as_str());
        Row::new(format!("{}  {text}", *code))
    };
    (0..rows).map(row).collect()
}

/// A question and the reply so far in a single row that is not full: the end of them, where they are longer. In more
/// rows, each key would write them once more, and push the code above them off the screen.
pub fn question_row(question: &str, reply: &str, columns: usize) -> Row {
    let text = Zeroizing::new(format!("{question}{reply}"));
    let most = columns.saturating_sub(1);
    if text.width() <= most {
        return text;
    }
    let mut left = most.saturating_sub(1);
    let fits = |(_, letter): &(usize, char)| {
        let width = letter.width().unwrap_or(0);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    };
    let start = text.char_indices().rev().take_while(fits).last().map_or(text.len(), |(start, _)| start);
    Row::new(format!("<{}", text.get(start..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::Messages;
    use crate::qr::Symbol;

    fn view() -> SecretView {
        let text: String = "x".repeat(134);
        SecretView {
            qr: Symbol::new(&text).into_iter().chain(Symbol::new(&text[..100])).collect(),
            text: Zeroizing::new("One line of some length, with the secret:\n  ABCD EFGH IJKL MNOP".into()),
            messages: Messages::of_locale("en"),
        }
    }

    fn plain(row: &str) -> String {
        let mut letters = row.chars();
        let mut text = String::new();
        while let Some(letter) = letters.next() {
            if letter == '\x1b' {
                letters.by_ref().find(|c| c.is_ascii_alphabetic());
            } else {
                text.push(letter);
            }
        }
        text
    }

    #[test]
    fn the_largest_code_and_its_text_fit_80_by_24() {
        let message = "A rather long thing that is said about the last code, which takes several rows.";
        let rows = rows(&view(), message, Drawing::Blocks256, (24, 80));
        assert_eq!(rows.len(), 23);
        for row in rows {
            assert!(plain(&row).width() <= 80, "{row:?}");
        }
    }

    #[test]
    fn what_is_said_of_a_clock_that_is_far_off_is_seen_whole_beside_the_code() {
        for language in ["en", "cs"] {
            let messages = Messages::of_locale(language);
            for message in
                [messages.clock_far_slow("17 min", "12:00"), messages.clock_far_fast("17 min", "12:00")]
            {
                let rows = rows(&view(), &message, Drawing::Blocks256, (24, 80));
                let seen = rows.iter().map(|row| plain(row)).collect::<Vec<_>>().join(" ");
                let seen = seen.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(rows.len() == 23 && seen.contains("--force."), "{seen}");
                assert!(message.split_whitespace().all(|word| seen.contains(word)), "{seen}");
            }
        }
    }

    #[test]
    fn a_row_less_gets_the_smaller_code() {
        let rows = rows(&view(), "", Drawing::Blocks256, (23, 80));
        assert!(rows.len() <= 22 && rows[0].contains("\x1b["));
    }

    #[test]
    fn small_windows_get_the_secret_without_the_code() {
        let rows = rows(&view(), "said", Drawing::Blocks256, (20, 60));
        assert_eq!(rows.last().map(|row| row.as_str()), Some("said"));
        assert!(rows[0].contains("too small"), "{rows:?}");
        assert!(rows.iter().any(|row| row.contains("ABCD EFGH IJKL MNOP")));
    }

    #[test]
    fn narrow_and_tall_windows_get_the_text_below() {
        let rows = rows(&view(), "", Drawing::Blocks256, (40, 50));
        assert!(rows[0].contains("\x1b[") && rows.iter().any(|row| row.contains("ABCD EFGH")));
    }

    #[test]
    fn a_number_stays_with_its_unit() {
        for text in [
            "Your phone is about 7 min slow: once it is set, codes fail.",
            "Počkejte 27 s, nebo 100 %; (2 h)  a pak  3 lidé",
            "Čekejte 5 min.",
            "",
            " 7 min",
        ] {
            for columns in 10..70 {
                let lines = wrap(&[text], columns);
                let joined = lines.iter().map(|line| line.as_str()).collect::<Vec<_>>().join(" ");
                let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
                assert_eq!(words(&joined), words(text));
                for line in &lines {
                    assert!(line.width() <= columns, "{columns}: {line:?}");
                    let first = line.split(' ').next().unwrap();
                    assert!(!["min", "min.", "s,", "%;", "h)"].contains(&first), "{columns}: {lines:?}");
                }
            }
        }
        // Other words are broken as before.
        assert_eq!(*wrap(&["there are 3 people"], 12)[0], "there are 3");
    }

    #[test]
    fn a_question_never_takes_more_than_its_row() {
        assert_eq!(*question_row("Name: ", "anna", 80), "Name: anna");
        assert_eq!(*question_row("Name: ", "anna", 11), "Name: anna");
        assert_eq!(*question_row("Name: ", "anna", 10), "<me: anna");
        for columns in 0..40 {
            for reply in
                ["", "příliš žluťoučký kůň", "日本語日本語日本語日本語", "12345678901234567890123456789"]
            {
                let row = question_row("Otázka: ", reply, columns);
                assert!(row.width() <= columns.saturating_sub(1).max(1), "{columns}: {row:?}");
                assert!(
                    columns < 8 || row.ends_with(reply.chars().last().unwrap_or(' ')),
                    "{columns}: {row:?}"
                );
            }
        }
    }
}
