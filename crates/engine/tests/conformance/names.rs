//! Vendors name files as they like, and staged files carry those names.

use super::{
    facts::all_days,
    model::{Files, build, csv, model, plain},
    world::Worlds,
};

const NAMES: [&str; 14] = [
    "a b",
    "\u{e9}\u{4e2d}",
    "100%25",
    "50% off",
    "x#y",
    "[z]",
    "{w,v}",
    "st*r",
    "p+q",
    "a=1",
    "s;t",
    "quo'te",
    "_hidden",
    "com,ma",
];

pub async fn files_are_found_whatever_their_names(worlds: &Worlds) {
    let mut files = Files::default();
    for (n, name) in (0..).zip(NAMES) {
        let ids = n * 100..n * 100 + 3 + n;
        let logs = ids.clone().map(|id| (id, (1 + n as u32 % 5, "Mobile"))).collect();
        files.logs.insert(format!("log_reviews/{name}/{name}.csv"), logs);
        let reviews = ids.map(|id| (id, (n, true))).collect();
        files.reviews.insert(format!("movie_review/{name}.csv"), reviews);
    }
    let world = worlds.new_world();
    let live = world.live(&csv(&files)).await;
    let batches = build(world.engine().as_ref(), &live, &all_days()).await;
    assert_eq!(plain(&batches), model(&files));
}
