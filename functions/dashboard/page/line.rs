//! A line over time. Only the drawing stretches with the page: its texts stand beside it.

use std::fmt::Write;

use maud::{Markup, html};
use pipeline::Day;
use warehouse::dashboard::Sums;

use super::super::view::{Line, Step};
use crate::number::{count, ratio};

const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 200.0;

/// Points that are marked one by one.
const MOST_DOTS: usize = 62;

pub fn line(line: &Line) -> Markup {
    let points = &line.points;
    let at = |nth: usize| if points.len() < 2 { WIDTH / 2.0 } else { x(nth, points.len()) };
    let mut path = String::new();
    let mut dots = String::new();
    for (nth, (_, sums)) in points.iter().enumerate() {
        let (x, y) = (at(nth), HEIGHT * (1.0 - ratio(sums.reviews, line.top)));
        let to = if nth == 0 { 'M' } else { 'L' };
        // Writing to a text does not fail.
        let _ = write!(path, "{to}{x:.1} {y:.1}");
        let _ = write!(dots, "M{x:.1} {y:.1}h0");
    }
    let area = format!("{path}L{:.1} {HEIGHT}L{:.1} {HEIGHT}Z", at(points.len() - 1), at(0));
    let view_box = format!("0 0 {WIDTH} {HEIGHT}");
    html! {
        div.line {
            div.axis-y aria-hidden="true" {
                span { (count(line.top)) }
                span { (count(line.top / 2)) }
                span { "0" }
            }
            svg.plot viewBox=(view_box) preserveAspectRatio="none" role="img"
                aria-labelledby="line-title line-desc" {
                title #line-title { "Reviews by " (line.step.name()) }
                desc #line-desc { (summary(line)) }
                @for y in ["0", "100", "200"] {
                    path.grid d={ "M0 " (y) "H1000" } {}
                }
                path.area d=(area) {}
                path.stroke d=(path) {}
                @if points.len() <= MOST_DOTS {
                    path.dots d=(dots) {}
                }
                (columns(line))
            }
            (axis_x(line))
        }
        p.note { (summary(line)) }
    }
}

fn x(nth: usize, points: usize) -> f64 {
    WIDTH * nth as f64 / (points - 1) as f64
}

/// Tooltips of the drawing.
fn columns(line: &Line) -> Markup {
    let width = WIDTH / line.points.len() as f64;
    html! {
        @for (nth, (day, sums)) in line.points.iter().enumerate() {
            rect.column-hit x=(format!("{:.1}", nth as f64 * width)) y="0"
                width=(format!("{width:.1}")) height="200" {
                title { (label(line.step, *day)) ": " (count(sums.reviews)) }
            }
        }
    }
}

fn axis_x(line: &Line) -> Markup {
    let points = &line.points;
    let ends = match points.len() {
        1 => vec![0],
        2..=4 => (0..points.len()).collect(),
        n => vec![0, (n - 1) / 2, n - 1],
    };
    html! {
        div.axis-x aria-hidden="true" {
            @for nth in ends { span { (label(line.step, points[nth].0)) } }
        }
    }
}

/// The line in a sentence.
fn summary(line: &Line) -> String {
    let of =
        |(day, sums): &(Day, Sums)| format!("{} ({})", label(line.step, *day), count(sums.reviews));
    let most = line.points.iter().max_by_key(|(day, sums)| (sums.reviews, -day.0));
    let least = line.points.iter().min_by_key(|(day, sums)| (sums.reviews, day.0));
    match (line.points.as_slice(), most, least) {
        ([only], ..) => format!("One {}: {}.", line.step.name(), of(only)),
        (points, Some(most), Some(least)) => format!(
            "{} {}s; most reviews: {}, fewest: {}.",
            count(points.len() as u64),
            line.step.name(),
            of(most),
            of(least)
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
