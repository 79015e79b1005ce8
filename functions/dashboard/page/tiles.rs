//! The numbers that stand by themselves.

use maud::{Markup, html};
use warehouse::dashboard::{Dashboard, MOST_FACTS};

use super::{super::earlier::Earlier, tables::score};
use crate::number::{count, money, of, share};

pub fn tiles(numbers: &Dashboard, earlier: Option<&Earlier>) -> Markup {
    let before = earlier.map(|earlier| &earlier.numbers);
    let change = Change::of(numbers, before);
    let total = numbers.total();
    let days = numbers.days.len() as u64;
    let positive = format!("{} of them positive", share(total.positive, total.reviews));
    let (first, last) = (numbers.days.first_key_value(), numbers.days.last_key_value());
    let too_many =
        format!("Counted for days with up to {} facts: choose fewer days.", count(MOST_FACTS));
    let spend = money(numbers.buyers.spend_e5);
    let everybody = match numbers.buyers.count {
        1 => format!("The only buyer, with reviews or without: {spend}."),
        buyers => format!("All {} buyers, with reviews or without: {spend}.", count(buyers)),
    };
    html! {
        section.key-numbers aria-labelledby="key-numbers" {
            h2.visually-hidden #key-numbers { "Key numbers" }
            dl.tiles {
                (tile("Total reviews", &count(total.reviews), &change.reviews, html! {
                    (of(days, "day")) " with reviews"
                    @if let (Some((first, _)), Some((last, _))) = (first, last) {
                        ", " span.whole { (first) } " to " span.whole { (last) }
                    }
                }))
                (tile("Average review score", &score(total), &change.score, html! {
                    (meter(&share(total.positive, total.reviews)))
                    (positive)
                }))
                @match numbers.customers {
                    Some(customers) => {
                        (tile("Customers", &count(customers.count), &change.customers, html! {
                            "who wrote these reviews, each counted once"
                        }))
                        (tile("Total spend", &money(customers.spend_e5), &change.spend, html! {
                            "of these customers, each counted once. " (everybody)
                        }))
                    }
                    None => {
                        (tile("Customers", "–", &None, html! { (too_many) }))
                        (tile("Total spend", "–", &None, html! { (too_many) " " (everybody) }))
                    }
                }
            }
            (compared(numbers, earlier))
        }
    }
}

/// What the changes are against, or why there are none.
fn compared(numbers: &Dashboard, earlier: Option<&Earlier>) -> Markup {
    html! {
        @if let Some(Earlier { first, last, .. }) = earlier {
            p.note.compared {
                "Changes are against the " (of((last.0 - first.0 + 1).unsigned_abs().into(), "day"))
                " before, " span.whole { (first) } " to " span.whole { (last) } "."
            }
        } @else if let Some((first, _)) = numbers.span {
            p.note.compared {
                "No change is shown: reviews begin on " span.whole { (first) }
                ", so there are not as many days before these to compare with."
            }
        }
    }
}

/// How the numbers differ from those of the days before.
#[derive(Default)]
struct Change {
    reviews: Option<String>,
    score: Option<String>,
    customers: Option<String>,
    spend: Option<String>,
}

impl Change {
    fn of(numbers: &Dashboard, before: Option<&Dashboard>) -> Self {
        let Some(before) = before else { return Self::default() };
        let (now, then) = (numbers.total(), before.total());
        let score = match (now.score(), then.score()) {
            (Some(now), Some(then)) => {
                // Of the numbers as they are shown.
                let [now, then] = [now, then].map(|score| (score * 1e3).round() / 1e3);
                format!("{:+.3} from {then:.3}", now - then)
            }
            _ => "no reviews before".to_owned(),
        };
        let customers = numbers.customers.zip(before.customers);
        Self {
            reviews: Some(change(now.reviews.into(), then.reviews.into(), &count(then.reviews))),
            score: Some(score),
            customers: customers
                .map(|(now, then)| change(now.count.into(), then.count.into(), &count(then.count))),
            spend: customers
                .map(|(now, then)| change(now.spend_e5, then.spend_e5, &money(then.spend_e5))),
        }
    }
}

/// `+12.3% from 2,926`. What was nothing, or less, has no percentage.
fn change(now: i128, then: i128, text: &str) -> String {
    match then {
        ..=0 => format!("from {text}"),
        then => format!("{:+.1}% from {text}", (now - then) as f64 / then as f64 * 100.0),
    }
}

fn tile(name: &str, value: &str, change: &Option<String>, note: Markup) -> Markup {
    html! {
        div.card.tile {
            dt { (name) }
            dd.value.long[value.len() > 10] { (value) }
            @if let Some(change) = change { dd.change { (change) } }
            dd.note { (note) }
        }
    }
}

fn meter(width: &str) -> Markup {
    html! {
        svg.bar.meter aria-hidden="true" width="100%" height="6" {
            rect.track width="100%" height="6" rx="3" {}
            rect.value width=(width) height="6" rx="3" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::change;

    #[test]
    fn a_change_has_its_sign_and_none_from_nothing() {
        assert_eq!(change(150, 100, "100"), "+50.0% from 100");
        assert_eq!(change(75, 100, "100"), "-25.0% from 100");
        assert_eq!(change(100, 100, "100"), "+0.0% from 100");
        assert_eq!([change(9, 0, "0"), change(9, -5, "-5")], ["from 0", "from -5"]);
    }
}
