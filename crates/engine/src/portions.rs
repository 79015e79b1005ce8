//! Days cut into portions that fit a memory budget.

use std::collections::BTreeSet;

use pipeline::Day;

use crate::Live;

/// In order; a single day is never cut.
pub fn portions(
    live: &Live,
    days: &BTreeSet<Day>,
    bytes_per_log: u64,
    memory_bytes: u64,
) -> Vec<BTreeSet<Day>> {
    let mut portions: Vec<BTreeSet<Day>> = Vec::new();
    let mut bytes = 0;
    for day in days {
        let more = live.logs_of(*day) * bytes_per_log;
        match portions.last_mut() {
            Some(portion) if bytes + more <= memory_bytes => {
                portion.insert(*day);
                bytes += more;
            }
            _ => {
                portions.push(BTreeSet::from([*day]));
                bytes = more;
            }
        }
    }
    portions
}
