//! Where everything stands on the page.

use insis_otp::record::AppEntry;
use zeroize::Zeroizing;

use super::drawing::{Code, Drawing, Frame, Mark, Text};
use super::font::Font;
use super::{Page, Paper};
use crate::qr::Symbol;

const MARGIN: f32 = 60.0;
/// The side of the code, quiet zone included. Four centimetres and a half are enough for any camera.
const CODE: f32 = 176.0;
const TEXT: f32 = 10.5;
const LEADING: f32 = 15.0;
/// The column of what to do.
const USES: f32 = 124.0;

/// The page, drawn.
pub fn draw(page: &Page<'_>, paper: Paper) -> Drawing {
    let mut canvas = Canvas { paper, marks: Vec::new(), y: MARGIN - 12.0 };
    heading(&mut canvas, page);
    if let Some((entry, uri)) = &page.entry {
        code(&mut canvas, page, entry, uri);
    }
    recovery(&mut canvas, page);
    uses(&mut canvas, page);
    footer(&mut canvas, page);
    Drawing { paper, title: page.messages.page_heading(), marks: canvas.marks }
}

fn heading(canvas: &mut Canvas, page: &Page<'_>) {
    let messages = page.messages;
    canvas.down(24.0);
    canvas.text(Font::Bold, 22.0, MARGIN, &messages.page_heading());
    canvas.down(22.0);
    let who = messages.page_whose(page.user, page.host);
    canvas.text(Font::Regular, 13.0, MARGIN, &Font::Regular.fitting(&who, 13.0, canvas.width()));
    canvas.down(16.0);
    canvas.boxed(&messages.page_warning());
}

fn code(canvas: &mut Canvas, page: &Page<'_>, entry: &AppEntry, uri: &str) {
    let messages = page.messages;
    canvas.section(&messages.page_phone());
    canvas.paragraph(MARGIN, canvas.width(), &messages.page_scan());
    canvas.down(4.0);
    let top = canvas.y;
    canvas.code(uri);
    let left = MARGIN + CODE + 24.0;
    let room = canvas.width() - CODE - 24.0;
    canvas.y = top + 18.0;
    let key = &entry.key;
    for (name, value) in [(messages.page_issuer(), &entry.issuer), (messages.page_account(), &entry.account)]
    {
        canvas.label(left, &name);
        canvas.text(Font::Regular, 12.0, left, &Font::Regular.fitting(value, 12.0, room));
        canvas.down(22.0);
    }
    canvas.label(left, &messages.page_secret());
    canvas.down(2.0);
    let grouped = key.secret().grouped();
    for row in grouped.as_bytes().chunks(20) {
        canvas.text(Font::Mono, 14.0, left, std::str::from_utf8(row).unwrap_or_default().trim_end());
        canvas.down(19.0);
    }
    canvas.down(3.0);
    canvas.label(left, &messages.page_kind());
    let (algorithm, digits, period) = super::parameters(key);
    canvas.text(Font::Regular, 12.0, left, &messages.page_parameters(algorithm, digits, period));
    canvas.y = canvas.y.max(top + CODE);
}

fn recovery(canvas: &mut Canvas, page: &Page<'_>) {
    let messages = page.messages;
    canvas.section(&messages.recovery_title());
    canvas.paragraph(MARGIN, canvas.width(), &messages.page_recovery());
    canvas.down(22.0);
    let rows = page.recovery.len().div_ceil(2);
    let top = canvas.y;
    for (index, code) in page.recovery.iter().enumerate() {
        let (column, row) = (index / rows.max(1), index % rows.max(1));
        canvas.y = top + 20.0 * row as f32;
        let left = MARGIN + 190.0 * column as f32;
        canvas.tick_box(left);
        canvas.text(Font::Mono, 14.0, left + 20.0, &code.reveal());
    }
    canvas.y = top + 20.0 * rows as f32 - 8.0;
}

fn uses(canvas: &mut Canvas, page: &Page<'_>) {
    let messages = page.messages;
    canvas.section(&messages.page_uses());
    for (when, what) in page.uses() {
        let first = canvas.y;
        canvas.down(LEADING);
        canvas.text(Font::Bold, TEXT, MARGIN, &when);
        canvas.y = first;
        canvas.paragraph(MARGIN + USES, canvas.width() - USES, &what);
        canvas.down(4.0);
    }
}

fn footer(canvas: &mut Canvas, page: &Page<'_>) {
    let text = page.footer();
    canvas.y = canvas.paper.points().1 - MARGIN + 12.0;
    canvas.text(Font::Regular, 8.5, MARGIN, &text);
}

/// A page while it is drawn, from the top to the bottom.
struct Canvas {
    paper: Paper,
    marks: Vec<Mark>,
    y: f32,
}

impl Canvas {
    /// The width between the margins.
    fn width(&self) -> f32 {
        self.paper.points().0 - 2.0 * MARGIN
    }

    fn down(&mut self, points: f32) {
        self.y += points;
    }

    fn text(&mut self, font: Font, size: f32, x: f32, text: &str) {
        // Reserved at once, so that no grown-out-of copy of the secret is left behind.
        let mut plain = Zeroizing::new(String::with_capacity(text.len()));
        plain.extend(text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }));
        self.marks.push(Mark::Text(Text { font, size, at: (x, self.y), text: plain }));
    }

    fn label(&mut self, x: f32, text: &str) {
        self.text(Font::Regular, 8.5, x, text);
        self.down(15.0);
    }

    fn section(&mut self, title: &str) {
        self.down(32.0);
        self.text(Font::Bold, 13.0, MARGIN, title);
        self.down(4.0);
    }

    fn paragraph(&mut self, x: f32, width: f32, text: &str) {
        for line in Font::Regular.lines(text, TEXT, width) {
            self.down(LEADING);
            self.text(Font::Regular, TEXT, x, &line);
        }
    }

    /// A paragraph in a frame.
    fn boxed(&mut self, text: &str) {
        const PADDING: f32 = 10.0;
        let width = self.width();
        let lines = Font::Bold.lines(text, TEXT, width - 2.0 * PADDING);
        let height = LEADING * lines.len() as f32 + 2.0 * PADDING - 4.0;
        let at = (MARGIN, self.y);
        self.marks.push(Mark::Frame(Frame { at, size: (width, height), radius: 4.0, line: 1.2 }));
        let bottom = self.y + height;
        self.down(PADDING - 4.0);
        for line in lines {
            self.down(LEADING);
            self.text(Font::Bold, TEXT, MARGIN + PADDING, &line);
        }
        self.y = bottom;
    }

    fn tick_box(&mut self, x: f32) {
        let at = (x, self.y - 10.0);
        self.marks.push(Mark::Frame(Frame { at, size: (10.0, 10.0), radius: 0.0, line: 0.8 }));
    }

    /// The code as squares, runs of a row in one piece.
    fn code(&mut self, uri: &str) {
        let Some(symbol) = Symbol::new(uri) else { return };
        let modules = symbol.modules();
        let scale = CODE / modules.len() as f32;
        let mut runs = Zeroizing::new(Vec::with_capacity(modules.len() * modules.len()));
        for (y, row) in (0..).zip(modules) {
            let mut x = 0;
            for run in row.chunk_by(|one, other| one == other) {
                // The largest code there is has 177 modules in a row.
                let length = u8::try_from(run.len()).unwrap_or(u8::MAX);
                if run.first() == Some(&true) {
                    runs.push((x, y, length));
                }
                x += length;
            }
        }
        let quiet = Symbol::QUIET as f32 * scale;
        self.marks.push(Mark::Code(Code { at: (MARGIN - quiet, self.y), scale, runs }));
    }
}
