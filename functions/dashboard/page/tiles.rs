//! The numbers that stand by themselves.

use maud::{Markup, html};
use warehouse::dashboard::{Dashboard, MOST_FACTS};

use super::tables::score;
use crate::number::{count, money, share};

pub fn tiles(numbers: &Dashboard) -> Markup {
    let total = numbers.total();
    let days = numbers.days.len() as u64;
    let reviewed = if days == 1 { "day" } else { "days" };
    let positive = format!("{} of them positive", share(total.positive, total.reviews));
    let span = match (numbers.days.first_key_value(), numbers.days.last_key_value()) {
        (Some((first, _)), Some((last, _))) if first != last => format!("{first} to {last}"),
        (Some((first, _)), _) => first.to_string(),
        _ => String::new(),
    };
    let too_many =
        || format!("Counted for days with up to {} facts: choose fewer days.", count(MOST_FACTS));
    html! {
        section aria-labelledby="key-numbers" {
            h2.visually-hidden #key-numbers { "Key numbers" }
            dl.tiles {
                (tile("Total reviews", &count(total.reviews), html! {
                    (span) ", " (count(days)) " " (reviewed) " with reviews"
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
                            "of these customers, each counted once"
                        }))
                    }
                    None => {
                        (tile("Customers", "–", html! { (too_many()) }))
                        (tile("Total spend", "–", html! { (too_many()) }))
                    }
                }
                (tile("Spend of all buyers", &money(numbers.buyers.spend_e5), html! {
                    (count(numbers.buyers.count)) " buyers, with reviews or without, under no filter"
                }))
            }
        }
    }
}

fn tile(name: &str, value: &str, note: Markup) -> Markup {
    html! {
        div.card.tile {
            dt { (name) }
            dd.value { (value) }
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
