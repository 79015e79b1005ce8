//! The numbers that stand by themselves.

use maud::{Markup, html};
use warehouse::dashboard::{Dashboard, MOST_FACTS};

use super::tables::score;
use crate::number::{count, money, of, share};

pub fn tiles(numbers: &Dashboard) -> Markup {
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
        section aria-labelledby="key-numbers" {
            h2.visually-hidden #key-numbers { "Key numbers" }
            dl.tiles {
                (tile("Total reviews", &count(total.reviews), html! {
                    (of(days, "day")) " with reviews"
                    @if let (Some((first, _)), Some((last, _))) = (first, last) {
                        ", " span.whole { (first) } " to " span.whole { (last) }
                    }
                }))
                (tile("Average review score", &score(total), html! {
                    (meter(&share(total.positive, total.reviews)))
                    (positive)
                }))
                @match numbers.customers {
                    Some(customers) => {
                        (tile("Customers", &count(customers.count), html! {
                            "who wrote these reviews, each counted once"
                        }))
                        (tile("Total spend", &money(customers.spend_e5), html! {
                            "of these customers, each counted once. " (everybody)
                        }))
                    }
                    None => {
                        (tile("Customers", "–", html! { (too_many) }))
                        (tile("Total spend", "–", html! { (too_many) " " (everybody) }))
                    }
                }
            }
        }
    }
}

fn tile(name: &str, value: &str, note: Markup) -> Markup {
    html! {
        div.card.tile {
            dt { (name) }
            dd.value.long[value.len() > 10] { (value) }
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
