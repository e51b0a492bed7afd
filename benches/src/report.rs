//! The table: what was measured, beside what, and whether that is what it should be.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::plot::Plot;

/// A figure with its unit.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Figure {
    /// The number.
    pub value: f64,
    /// What it counts.
    pub unit: &'static str,
}

impl Figure {
    /// A number of something.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "what is counted here stays far below 2 to the 52")]
    pub const fn count(value: u64, unit: &'static str) -> Self {
        Self { value: value as f64, unit }
    }
}

impl From<Duration> for Figure {
    fn from(time: Duration) -> Self {
        Self { value: time.as_secs_f64() * 1e6, unit: "µs" }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = format!("{:.0}", self.value);
        let count = whole.len();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (count - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        if self.unit.is_empty() { Ok(()) } else { write!(f, " {}", self.unit) }
    }
}

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// What was measured.
    pub what: String,
    /// This project's figure.
    pub ours: Figure,
    /// The other one's name and figure, where there is another.
    pub reference: Option<(String, Figure)>,
    /// What the ratio of the two, or the figure alone, may be at the most.
    pub most: Option<f64>,
}

impl Row {
    /// Two figures, to be compared.
    #[must_use]
    pub fn ratio(
        what: &str,
        ours: impl Into<Figure>,
        other: &str,
        theirs: impl Into<Figure>,
        most: f64,
    ) -> Self {
        Self {
            what: what.to_owned(),
            ours: ours.into(),
            reference: Some((other.to_owned(), theirs.into())),
            most: Some(most),
        }
    }

    /// Two figures, to know how they compare.
    #[must_use]
    pub fn compared_with(
        what: &str,
        ours: impl Into<Figure>,
        other: &str,
        theirs: impl Into<Figure>,
    ) -> Self {
        let reference = Some((other.to_owned(), theirs.into()));
        Self { what: what.to_owned(), ours: ours.into(), reference, most: None }
    }

    /// A figure that has a bound of its own.
    #[must_use]
    pub fn bound(what: &str, ours: impl Into<Figure>, most: f64) -> Self {
        Self { what: what.to_owned(), ours: ours.into(), reference: None, most: Some(most) }
    }

    /// A figure to know.
    #[must_use]
    pub fn fact(what: &str, ours: impl Into<Figure>) -> Self {
        Self { what: what.to_owned(), ours: ours.into(), reference: None, most: None }
    }

    /// What is compared with the bound.
    #[must_use]
    pub fn compared(&self) -> f64 {
        self.reference.as_ref().map_or(self.ours.value, |(_, theirs)| self.ours.value / theirs.value)
    }

    /// Whether it is within the bound.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.most.is_none_or(|most| self.compared() <= most)
    }

    fn cells(&self) -> [String; 6] {
        let (reference, ratio) = match &self.reference {
            Some((name, figure)) => (format!("{name}: {figure}"), format!("{:.2}", self.compared())),
            None => (String::new(), String::new()),
        };
        let bound = |most: f64| match &self.reference {
            Some(_) => format!("≤ {most:.2}"),
            None => format!("≤ {}", Figure { value: most, unit: self.ours.unit }),
        };
        let verdict = match self.most {
            None => "",
            Some(_) if self.is_met() => "met",
            Some(_) => "missed",
        };
        let most = self.most.map(bound).unwrap_or_default();
        [self.what.clone(), self.ours.to_string(), reference, ratio, most, verdict.to_owned()]
    }
}

/// Everything that was measured in one run.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The lines of the table.
    pub rows: Vec<Row>,
    /// The curves.
    pub plots: Vec<Plot>,
}

impl Report {
    /// Adds a line, and shows it.
    pub fn add(&mut self, row: Row) {
        let [what, ours, reference, ratio, most, verdict] = row.cells();
        eprintln!("{what}: {ours} {reference} {ratio} {most} {verdict}");
        self.rows.push(row);
    }

    /// The table in Markdown, in columns that are also straight in a terminal.
    #[must_use]
    pub fn table(&self) -> String {
        let head = ["what", "insis_otp", "beside", "ratio", "bound", ""].map(str::to_owned);
        let lines: Vec<[String; 6]> = std::iter::once(head).chain(self.rows.iter().map(Row::cells)).collect();
        let width =
            |column: usize| lines.iter().filter_map(|line| Some(line.get(column)?.chars().count())).max();
        let widths: Vec<usize> = (0..6).map(|column| width(column).unwrap_or(0)).collect();
        let shown = |cells: &[String; 6]| {
            let padded = cells.iter().zip(&widths).map(|(cell, &width)| format!(" {cell:width$} "));
            format!("|{}|\n", padded.collect::<Vec<_>>().join("|"))
        };
        let rule = widths.iter().map(|width| "-".repeat(width + 2)).collect::<Vec<_>>().join("|");
        let mut text = String::new();
        for (number, line) in lines.iter().enumerate() {
            text.push_str(&shown(line));
            if number == 0 {
                text.push_str(&format!("|{rule}|\n"));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_whether_its_bound_is_met() {
        let row =
            Row::ratio("accept", Duration::from_micros(1200), "other", Duration::from_micros(2400), 0.45);
        assert_eq!(row.cells(), ["accept", "1,200 µs", "other: 2,400 µs", "0.50", "≤ 0.45", "missed"]);
        let row = Row::bound("size", Figure::count(449, "KiB"), 450.0);
        assert_eq!(row.cells(), ["size", "449 KiB", "", "", "≤ 450 KiB", "met"]);
        assert_eq!(Row::fact("calls", Figure::count(7, "")).cells(), ["calls", "7", "", "", "", ""]);
    }
}
