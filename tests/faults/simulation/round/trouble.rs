//! What goes wrong at a place, and what is held there.

use super::{
    super::{actor::Work, stage::Cue, vendor::KILLER},
    Killer, Round,
};

/// Places where work may be held for a while, so that it is overtaken.
const HOLDS: [&str; 8] = [
    "head:after",
    "start:after",
    "staged:after",
    "receipt:before",
    "receipt:after",
    "listing:after",
    "begin:before",
    "commit:before",
];

/// What can be away: requests that begin so fail.
pub(super) const OUTAGES: [&[&str]; 3] = [
    &["get ", "put ", "head ", "list ", "delete "],
    &["get raw/"],
    &["put quarantine/", "put staging/review_logs/"],
];

/// Fail points that a warehouse which is away does not get past.
const WAREHOUSE: [&str; 4] = ["begin:before", "dimensions:before", "facts:before", "commit:before"];

impl Round {
    /// Holds work at some places, so that other work comes first.
    pub(super) fn hold(&mut self, slot: usize) -> bool {
        let place = self.stage.place_of(slot);
        let may_hold = place.is_some_and(|place| HOLDS.contains(&place.as_str()));
        let of_interest = self.path_of(slot).is_some_and(is_contended);
        let hold = may_hold && self.dice.happens(if of_interest { 50 } else { 20 });
        if let (true, Some(actor)) = (hold, &mut self.slots[slot].actor) {
            actor.held = self.steps + 5 + self.dice.below(if of_interest { 200 } else { 60 });
        }
        hold
    }

    /// The file that a slot reads.
    fn path_of(&self, slot: usize) -> Option<&str> {
        match &self.slots[slot].actor.as_ref()?.work {
            Work::Deliver(message) => Some(message.path()),
            _ => None,
        }
    }

    /// What happens to who waits at this place.
    pub(super) fn cue(&mut self, slot: usize, place: &str) -> Cue {
        if place == KILLER {
            match &mut self.killer {
                Killer::ForEver => return Cue::Die,
                // At times it lets one pass.
                Killer::For(deaths) if *deaths > 0 && self.dice.happens(80) => {
                    *deaths -= 1;
                    return Cue::Die;
                }
                _ => {}
            }
        }
        if self.calm || place.is_empty() {
            return Cue::Go;
        }
        // Requests to a store have the name of the object behind them.
        let requests = self.outage.map_or(&[][..], |outage| OUTAGES[outage]);
        if requests.iter().any(|request| place.starts_with(request))
            || self.warehouse_is_away && WAREHOUSE.contains(&place)
        {
            return Cue::Fail;
        }
        // Most telling is a fault between two effects, and one of the last publish.
        let contended = self.path_of(slot).is_some_and(is_contended);
        let is_quiet = self.quiet_from <= self.steps;
        let one_in = match place {
            "receipt:after" if contended => 60,
            "begin:before" | "commit:before" if is_quiet => 60,
            _ if place.ends_with(":after") => 250,
            _ => 1_000,
        };
        match self.dice.below(one_in) {
            0..10 => Cue::Die,
            10..18 => Cue::Fail,
            18..24 => Cue::FailAfter,
            24..40 => Cue::Again,
            _ => Cue::Go,
        }
    }
}

/// Whether several messages, or files, are about one thing.
fn is_contended(path: &str) -> bool {
    path == KILLER || path.ends_with("/first.csv") || path.ends_with("/second.csv")
}
