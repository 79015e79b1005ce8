//! A line over time. Only the drawing stretches with the page: its texts stand beside it.

use std::fmt::Write;

use maud::{Markup, html};
use pipeline::Day;
use warehouse::dashboard::Sums;

use super::super::view::{Line, Measure, Step};
use crate::number::{count, of, share};

pub const WIDTH: f64 = 1_000.0;
pub const HEIGHT: f64 = 200.0;

/// Points that are marked one by one.
const MOST_DOTS: usize = 62;

pub fn line(line: &Line) -> Markup {
    let id = match line.measure {
        Measure::Reviews => "line",
        Measure::Positive => "score-line",
    };
    let Paths { stroke, area, dots } = Paths::of(line);
    let view_box = format!("0 0 {WIDTH} {HEIGHT}");
    html! {
        div.line {
            div.axis-y aria-hidden="true" {
                @for mark in marks(line) { span { (mark) } }
            }
            div.over {
                svg.plot viewBox=(view_box) preserveAspectRatio="none" role="img"
                    aria-labelledby={ (id) "-title " (id) "-desc" } {
                    title id={ (id) "-title" } { (title(line)) }
                    desc id={ (id) "-desc" } { (summary(line)) }
                    @for y in ["0", "100", "200"] {
                        path.grid d={ "M0 " (y) "H1000" } {}
                    }
                    path.area d=(area) {}
                    path.stroke d=(stroke) {}
                    path.dots d=(dots) {}
                }
                (values(line, id))
            }
            div.axis-x aria-hidden="true" {
                @for end in ends(line) { span { (end) } }
            }
        }
        p.note { (summary(line)) }
    }
}

/// The drawing as path data, [`WIDTH`] by [`HEIGHT`]. A gap ends a stroke, and the next begins anew.
pub struct Paths {
    pub stroke: String,
    pub area: String,
    pub dots: String,
}

impl Paths {
    pub fn of(line: &Line) -> Self {
        let points = &line.points;
        let step = WIDTH / (points.len().max(2) - 1) as f64;
        let at = |nth: usize| if points.len() < 2 { WIDTH / 2.0 } else { nth as f64 * step };
        let values: Vec<Option<f64>> =
            points.iter().map(|(_, sums)| line.measure.of(*sums)).collect();
        let is_there = |nth: Option<usize>| nth.and_then(|nth| *values.get(nth)?).is_some();
        let (mut stroke, mut area, mut dots) = (String::new(), String::new(), String::new());
        for (nth, value) in values.iter().enumerate() {
            let Some(value) = value else { continue };
            let (x, y) = (at(nth), HEIGHT * (1.0 - value / line.top as f64));
            let (before, after) = (is_there(nth.checked_sub(1)), is_there(Some(nth + 1)));
            let to = if before { 'L' } else { 'M' };
            // Writing to a text does not fail.
            let _ = write!(stroke, "{to}{x:.1} {y:.1}");
            if !before {
                let _ = write!(area, "M{x:.1} {HEIGHT}");
            }
            let _ = write!(area, "L{x:.1} {y:.1}");
            if !after {
                let _ = write!(area, "L{x:.1} {HEIGHT}Z");
            }
            if points.len() <= MOST_DOTS || !(before || after) {
                let _ = write!(dots, "M{x:.1} {y:.1}h0");
            }
        }
        Self { stroke, area, dots }
    }
}

/// What the axis beside the line says, from above.
pub fn marks(line: &Line) -> [String; 3] {
    let unit = match line.measure {
        Measure::Reviews => "",
        Measure::Positive => "%",
    };
    [line.top, line.top / 2, 0].map(|mark| format!("{}{unit}", count(mark)))
}

/// What the axis below the line says, from left to right.
pub fn ends(line: &Line) -> Vec<String> {
    let points = &line.points;
    let ends = match points.len() {
        1 => vec![0],
        2..=4 => (0..points.len()).collect(),
        n => vec![0, (n - 1) / 2, n - 1],
    };
    ends.into_iter().map(|nth| label(line.step, points[nth].0)).collect()
}

/// The value of each point, under the pointer and by the arrow keys: one of a group of radio
/// buttons has the focus, and their names are what is shown.
fn values(line: &Line, id: &str) -> Markup {
    html! {
        div.values role="radiogroup" aria-label={ (title(line)) ", one by one" } {
            @for (day, sums) in &line.points {
                input type="radio" name=(id) aria-label={
                    (label(line.step, *day)) ": " (of(sums.reviews, "review"))
                    @if sums.reviews > 0 { ", " (share(sums.positive, sums.reviews)) " positive" }
                };
            }
        }
    }
}

pub fn title(line: &Line) -> String {
    let what = match line.measure {
        Measure::Reviews => "Reviews",
        Measure::Positive => "Share of positive reviews",
    };
    format!("{what} by {}", line.step.name())
}

/// The line in a sentence.
fn summary(line: &Line) -> String {
    let text = |sums: &Sums| match line.measure {
        Measure::Reviews => count(sums.reviews),
        Measure::Positive => share(sums.positive, sums.reviews),
    };
    let says = |(day, sums): &(Day, Sums)| format!("{} ({})", label(line.step, *day), text(sums));
    let there = line.points.iter().filter(|(_, sums)| line.measure.of(*sums).is_some());
    let value = |sums: &Sums| line.measure.of(*sums).unwrap_or_default();
    let by_value = |a: &&(Day, Sums), b: &&(Day, Sums)| value(&a.1).total_cmp(&value(&b.1));
    // Of equals, the first.
    let most = there.clone().max_by(|a, b| by_value(a, b).then(b.0.cmp(&a.0)));
    let least = there.min_by(|a, b| by_value(a, b).then(a.0.cmp(&b.0)));
    let (greatest, smallest) = match line.measure {
        Measure::Reviews => ("most reviews", "fewest"),
        Measure::Positive => ("greatest share", "smallest"),
    };
    match (line.points.as_slice(), most, least) {
        ([only], ..) => format!("One {}: {}.", line.step.name(), says(only)),
        (points, Some(most), Some(least)) => format!(
            "{}; {greatest}: {}, {smallest}: {}.",
            of(points.len() as u64, line.step.name()),
            says(most),
            says(least)
        ),
        _ => String::new(),
    }
}

fn label(step: Step, day: Day) -> String {
    let text = day.to_string();
    match step {
        Step::Day => text,
        Step::Week => format!("week of {text}"),
        Step::Month => text[..7].to_owned(),
        Step::Year => text[..4].to_owned(),
    }
}
