//! A chart as an SVG file that stands alone: with its own texts and colours, on white.

use maud::{Markup, html};
use warehouse::dashboard::Dashboard;

use super::{
    super::{
        numbers::Chart,
        view::{Line, Measure},
    },
    DONUT, MOST_SEGMENTS, MOST_WIDE_BARS, Part, Top,
    donut::{COLOURS, ring},
    line::{self, Paths},
};
use crate::{
    number::{count, ratio, share},
    quarantine::shown,
};

const WIDTH: u32 = 720;
const TEXT: &str = "#152033";
const SOFT: &str = "#55617a";
const EDGE: &str = "#dde2ea";

/// Characters of a name that fit beside its bar.
const NAME: usize = 26;

pub fn drawing(chart: Chart, numbers: &Dashboard) -> String {
    let (title, height, content) = match chart {
        Chart::Days(measure) => over_time(numbers, measure),
        Chart::Members(part) => members(numbers, part),
    };
    let content = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (WIDTH) " " (height) } width=(WIDTH)
            height=(height) font-family="system-ui, 'Segoe UI', Roboto, sans-serif" font-size="13"
            fill=(TEXT) {
            title { (title) }
            rect width="100%" height="100%" fill="#fff" {}
            text x="24" y="32" font-size="17" font-weight="700" { (title) }
            (content)
        }
    };
    content.into_string()
}

fn over_time(numbers: &Dashboard, measure: Measure) -> (String, u32, Markup) {
    let Some(line) = Line::of(&numbers.days, measure) else {
        return ("No reviews".to_owned(), 60, html! {});
    };
    let Paths { stroke, area, dots } = Paths::of(&line);
    let ends = line::ends(&line);
    let anchor = |nth: usize| match nth {
        _ if ends.len() == 1 => ("middle", 0.5),
        0 => ("start", 0.0),
        nth if nth + 1 == ends.len() => ("end", 1.0),
        nth => ("middle", nth as f64 / (ends.len() - 1) as f64),
    };
    let content = html! {
        // Stretched to 620 by 220; strokes are not.
        g transform="translate(76 60) scale(0.62 1.1)" fill="none" stroke-linecap="round"
            stroke-linejoin="round" {
            @for y in [0, 100, 200] {
                path d={ "M0 " (y) "H1000" } stroke=(EDGE) vector-effect="non-scaling-stroke" {}
            }
            path d=(area) fill="#e4edfa" {}
            path d=(stroke) stroke=(COLOURS[0]) stroke-width="2"
                vector-effect="non-scaling-stroke" {}
            path d=(dots) stroke=(COLOURS[0]) stroke-width="7"
                vector-effect="non-scaling-stroke" {}
        }
        @for (nth, mark) in line::marks(&line).iter().enumerate() {
            text x="64" y=(64 + 110 * nth) text-anchor="end" fill=(SOFT) { (mark) }
        }
        @for (nth, end) in ends.iter().enumerate() {
            @let (anchor, part) = anchor(nth);
            text x=(76.0 + 620.0 * part) y="304" text-anchor=(anchor) fill=(SOFT) { (end) }
        }
    };
    (line::title(&line), 324, content)
}

fn members(numbers: &Dashboard, part: Part) -> (String, u32, Markup) {
    let is_donut = part.dimension().name == DONUT;
    let top = Top::of(part.members(numbers), if is_donut { MOST_SEGMENTS } else { MOST_WIDE_BARS });
    let shown = top.shown.iter().map(|member| (shown(&member.text, NAME), member.sums.reviews));
    let others = |members| format!("{} others together", count(members as u64));
    let rest = top.rest.map(|(members, sums)| (others(members), sums.reviews));
    let rows: Vec<(String, u64)> = shown.chain(rest).collect();
    let value = |reviews| format!("{} ({})", count(reviews), share(reviews, top.total.reviews));
    let height = 60 + 26 * rows.len() as u32 + 16;
    let content = html! {
        @if is_donut {
            svg x="24" y="52" width="180" height="180" viewBox="0 0 120 120" { (ring(&top)) }
        }
        @for (nth, (name, reviews)) in rows.iter().enumerate() {
            @let y = 60 + 26 * nth;
            @if is_donut {
                rect x="236" y=(y + 2) width="12" height="12" rx="3" fill=(COLOURS[nth]) {}
                text x="258" y=(y + 13) { (name) }
            } @else {
                text x="200" y=(y + 13) text-anchor="end" { (name) }
                @if nth < top.shown.len() {
                    @let width = ratio(*reviews, top.greatest()) * 370.0;
                    rect x="212" y=(y + 2) height="14" rx="3" fill=(COLOURS[0])
                        width=(format!("{width:.1}")) {}
                }
            }
            text x="696" y=(y + 13) text-anchor="end" fill=(SOFT) { (value(*reviews)) }
        }
    };
    let title = format!("Reviews by {}", part.dimension().label.to_lowercase());
    (title, if is_donut { height.max(248) } else { height }, content)
}
