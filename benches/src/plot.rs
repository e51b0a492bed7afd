//! Curves on two logarithmic axes, as SVG that needs nothing but a browser.

use std::fmt::Write;

use serde::Serialize;

/// A picture with curves.
#[derive(Clone, Debug, Serialize)]
pub struct Plot {
    /// The name of its file, without the ending.
    pub name: &'static str,
    /// What stands above it.
    pub title: &'static str,
    /// What goes from left to right.
    pub across: &'static str,
    /// What goes up.
    pub up: &'static str,
    /// The curves.
    pub curves: Vec<Curve>,
}

/// A named curve.
#[derive(Clone, Debug, Serialize)]
pub struct Curve {
    /// Whose it is.
    pub name: &'static str,
    /// Its points, all positive.
    pub points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
/// Room for the numbers at the left and below, and for names at the right and above.
const LEFT: f64 = 80.0;
const RIGHT: f64 = 160.0;
const ABOVE: f64 = 40.0;
const BELOW: f64 = 50.0;
const COLOURS: [&str; 4] = ["#0072b2", "#d55e00", "#009e73", "#555555"];

/// A logarithmic axis over whole powers of ten, from one pixel to another.
struct Axis {
    powers: std::ops::RangeInclusive<i32>,
    from: f64,
    to: f64,
}

impl Axis {
    #[allow(clippy::cast_possible_truncation, reason = "powers of ten of what was measured are small")]
    fn over(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Self {
        let least = values.clone().fold(f64::INFINITY, f64::min).log10().floor() as i32;
        let most = values.fold(0.0, f64::max).log10().ceil() as i32;
        Self { powers: least..=most.max(least + 1), from, to }
    }

    fn position(&self, value: f64) -> f64 {
        let (least, most) = (f64::from(*self.powers.start()), f64::from(*self.powers.end()));
        self.from + (self.to - self.from) * (value.log10() - least) / (most - least)
    }
}

impl Plot {
    /// The picture.
    #[must_use]
    pub fn svg(&self) -> String {
        let points = || self.curves.iter().flat_map(|curve| curve.points.iter());
        let across = Axis::over(points().map(|point| point.0), LEFT, WIDTH - RIGHT);
        let up = Axis::over(points().map(|point| point.1), HEIGHT - BELOW, ABOVE);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
             font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        );
        svg.push_str(&label(WIDTH / 2.0, 20.0, "middle", self.title));
        svg.push_str(&label((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12.0, "middle", self.across));
        svg.push_str(&label(LEFT - 70.0, ABOVE - 10.0, "start", self.up));
        for power in across.powers.clone() {
            let x = across.position(10_f64.powi(power));
            svg.push_str(&line((x, ABOVE), (x, HEIGHT - BELOW)));
            svg.push_str(&label(x, HEIGHT - BELOW + 18.0, "middle", &number(power)));
        }
        for power in up.powers.clone() {
            let y = up.position(10_f64.powi(power));
            svg.push_str(&line((LEFT, y), (WIDTH - RIGHT, y)));
            svg.push_str(&label(LEFT - 8.0, y + 4.0, "end", &number(power)));
        }
        for (curve, colour) in self.curves.iter().zip(COLOURS.iter().cycle()) {
            let points: Vec<(f64, f64)> =
                curve.points.iter().map(|point| (across.position(point.0), up.position(point.1))).collect();
            svg.push_str(&drawn(&points, colour, curve.name));
        }
        svg.push_str("</svg>\n");
        svg
    }
}

fn drawn(points: &[(f64, f64)], colour: &str, name: &str) -> String {
    let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let path = path.join(" ");
    let mut svg =
        format!("<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n");
    for (x, y) in points {
        // Writing to a String does not fail.
        let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
    }
    if let Some((x, y)) = points.last() {
        let _ =
            writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{name}</text>", x + 8.0, y + 4.0);
    }
    svg
}

fn label(x: f64, y: f64, anchor: &str, text: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>\n")
}

fn line(from: (f64, f64), to: (f64, f64)) -> String {
    let ((x1, y1), (x2, y2)) = (from, to);
    format!("<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#dddddd\"/>\n")
}

fn number(power: i32) -> String {
    crate::report::Figure { value: 10_f64.powi(power), unit: "" }.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_times_as_much_is_as_far_everywhere() {
        let axis = Axis::over([3.0, 800.0].into_iter(), 100.0, 400.0);
        assert_eq!(axis.powers, 0..=3);
        assert!((axis.position(10.0) - 200.0).abs() < 0.001 && (axis.position(1000.0) - 400.0).abs() < 0.001);
    }
}
