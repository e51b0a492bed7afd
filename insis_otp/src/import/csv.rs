//! Tables (CSV, RFC 4180) of password managers: KeePassXC, Bitwarden, Apple Passwords and others that have a column for codes.

use zeroize::Zeroizing;

use super::Found;
use super::fields::Fields;

/// A row's fields, with passwords among them.
type Row = Vec<Zeroizing<String>>;

/// Where the columns are.
struct Columns {
    totp: usize,
    issuer: Option<usize>,
    account: Option<usize>,
}

/// Reads a table; nothing when it has no column for codes. Rows without codes are no entries.
pub fn read(text: &str) -> Option<Vec<Found>> {
    let mut rows = rows(text).into_iter();
    let columns = Columns::of(&rows.next()?)?;
    Some(rows.filter_map(|row| columns.found(&row)).collect())
}

impl Columns {
    fn of(header: &Row) -> Option<Self> {
        let column = |names: &[&str]| {
            header.iter().position(|column| names.iter().any(|name| column.trim().eq_ignore_ascii_case(name)))
        };
        Some(Self {
            totp: column(&["TOTP", "login_totp", "OTPAuth", "otp", "otpSecret"])?,
            issuer: column(&["Title", "name"]),
            account: column(&["Username", "login_username"]),
        })
    }

    fn found(&self, row: &Row) -> Option<Found> {
        let field = |column: Option<usize>| {
            column.and_then(|column| row.get(column)).map_or("", |text| text.as_str())
        };
        let totp = field(Some(self.totp)).trim();
        let fields = Fields { issuer: field(self.issuer), account: field(self.account), ..Fields::default() };
        (!totp.is_empty()).then(|| fields.with(totp))
    }
}

fn rows(text: &str) -> Vec<Row> {
    let (mut rows, mut row, mut field) = (Vec::new(), Row::new(), new_field());
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::replace(&mut field, new_field())),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::replace(&mut field, new_field()));
                rows.push(std::mem::take(&mut row));
            }
            letter => field.push(letter),
        }
    }
    row.push(field);
    rows.push(row);
    rows
}

/// Long enough for most: a field that grows leaves copies behind.
fn new_field() -> Zeroizing<String> {
    Zeroizing::new(String::with_capacity(256))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_as_rfc_4180_has_it() {
        let text = "a,\"b \"\"c\"\", d\",\"e\nf\"\r\n,\r\nlast";
        let read: Vec<Vec<_>> = rows(text)
            .iter()
            .map(|row| row.iter().map(|field| field.as_str().to_owned()).collect())
            .collect();
        assert_eq!(read, [vec!["a", "b \"c\", d", "e\nf"], vec!["", ""], vec!["last"]]);
    }
}
