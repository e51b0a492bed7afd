//! Where a sheet's parts go on a screen of so many rows and columns.

use crate::person::Sheet;
use crate::qr::Drawing;

/// The fewest columns for the text beside a code.
const NARROWEST: usize = 30;

/// The rows of the screen for a sheet and what is said beside it; the last row is left to the question.
pub fn rows(sheet: &Sheet, said: &str, drawing: Drawing, size: (usize, usize)) -> Vec<String> {
    let (rows, columns) = size;
    let room = rows.saturating_sub(1);
    let Some(symbol) = &sheet.qr else {
        return wrap(&[&sheet.text, "", said], columns);
    };
    let (code, width) = (symbol.lines(drawing), symbol.columns(drawing));
    let beside = columns.saturating_sub(width + 2);
    if code.len() <= room && beside >= NARROWEST {
        return side_by_side(code, width, &wrap(&[&sheet.text, "", said], beside));
    }
    let below = wrap(&[&sheet.text, "", said], columns);
    if code.len() + below.len() <= room && width <= columns {
        return code.into_iter().chain(below).collect();
    }
    wrap(&[&sheet.too_small, "", &sheet.text, "", said], columns)
}

fn side_by_side(code: Vec<String>, width: usize, text: &[String]) -> Vec<String> {
    let blank = " ".repeat(width);
    let rows = code.len().max(text.len());
    let mut code = code.into_iter();
    let mut text = text.iter();
    let row = |_| {
        let code = code.next().unwrap_or_else(|| blank.clone());
        let text = text.next().map_or("", String::as_str);
        format!("{code}  {text}")
    };
    (0..rows).map(row).collect()
}

/// Breaks paragraphs, one in each line, between words. What begins with two blanks stays in one piece.
pub fn wrap(texts: &[&str], columns: usize) -> Vec<String> {
    let paragraphs = texts.iter().flat_map(|text| text.split('\n'));
    let lines = paragraphs.flat_map(|paragraph| {
        if paragraph.starts_with("  ") {
            return vec![paragraph.to_owned()];
        }
        textwrap::wrap(paragraph, columns.max(10)).into_iter().map(|line| line.into_owned()).collect()
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qr::Symbol;
    use unicode_width::UnicodeWidthStr;
    use zeroize::Zeroizing;

    fn sheet() -> Sheet {
        let text: String = "x".repeat(134);
        Sheet {
            qr: Symbol::new(&text),
            text: Zeroizing::new("One line of some length, with the secret:\n  ABCD EFGH IJKL MNOP".into()),
            too_small: "too small".into(),
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
        let said = "A rather long thing that is said about the last code, which takes several rows.";
        let rows = rows(&sheet(), said, Drawing::Blocks256, (24, 80));
        assert_eq!(rows.len(), 23);
        for row in rows {
            assert!(plain(&row).width() <= 80, "{row:?}");
        }
    }

    #[test]
    fn small_windows_get_the_secret_without_the_code() {
        let rows = rows(&sheet(), "", Drawing::Blocks256, (20, 60));
        assert_eq!(rows[0], "too small");
        assert!(rows.iter().any(|row| row.contains("ABCD EFGH IJKL MNOP")));
    }

    #[test]
    fn narrow_and_tall_windows_get_the_text_below() {
        let rows = rows(&sheet(), "", Drawing::Blocks256, (40, 50));
        assert!(rows[0].contains("\x1b[") && rows.iter().any(|row| row.contains("ABCD EFGH")));
    }
}
