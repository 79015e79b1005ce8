//! Many purchases by way of the operational database: in flat memory, and how fast.

#![cfg(target_os = "linux")]

use std::{
    process::Command,
    sync::LazyLock,
    time::{Duration, Instant},
};

use crate::common::{app::command, place::Place, shop::Shop, watched::watched};
use movie_analytics::{
    build_fact_movie_analytics as build, deps::Deps, extract_user_purchase, ingest::Input,
    load_user_purchase, sample::Sample, settings::Settings,
};
use postgres_cluster::Cluster;

static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| Cluster::start().unwrap());

const MIB: u64 = 1 << 20;

/// Rows of the public data set that the sample resembles.
const ROWS: u64 = 541_909;

const FILE: &str = "user_purchase/user_purchase.csv";

fn place(purchases: u64) -> Place {
    let place = Place::new();
    let sample = Sample { reviews: 500, purchases, dirty: false, ..Sample::default() };
    sample.write(&place.raw()).unwrap();
    place
}

#[test]
fn eight_times_the_purchases_take_hardly_more_memory() {
    let [small, large] = [40_000, 320_000].map(|purchases| {
        let (place, shop) = (place(purchases), Shop::open(&CLUSTER, &format!("peak_{purchases}")));
        let (lake, warehouse) = (place.lake_option(), place.warehouse_option());
        let args = ["run", "--lake", &lake, "--warehouse", &warehouse, "--json"];
        let mut run = command(place.folder(), &args);
        run.env("USER_PURCHASE_DB", shop.url());
        let (ran, peak) = watched(run);
        ran.ends_with(0);
        println!("{purchases} purchases: {} MiB", peak / MIB);
        peak
    });
    assert!(large < small + 24 * MIB, "{} MiB, then {} MiB", small / MIB, large / MIB);
}

fn deps(place: &Place, url: Option<&str>) -> Deps {
    let settings = Settings::read(|name| match name {
        "LAKE" => Some(place.lake_option()),
        "WAREHOUSE" => Some(place.warehouse_option()),
        "USER_PURCHASE_DB" => url.map(str::to_owned),
        _ => None,
    });
    Deps::new(settings.unwrap()).unwrap()
}

/// Takes some time and tells the rows of one second.
fn line(what: &str, rows: u64, time: Duration) {
    println!(
        "{what:42} {:8.2} s {:12.0} rows/s",
        time.as_secs_f64(),
        rows as f64 / time.as_secs_f64()
    );
}

fn psql(shop: &Shop<'_>, copy: &str) -> Duration {
    let mut psql: Command = CLUSTER.psql(shop.name());
    let begun = Instant::now();
    assert!(psql.args(["-c", copy]).status().unwrap().success());
    begun.elapsed()
}

/// `cargo test --test services postgres_volume -- --ignored --nocapture`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, not a check"]
async fn half_a_million_rows_beside_psql() {
    let shop = Shop::open(&CLUSTER, "rates");
    let (through, direct) = (place(ROWS), place(ROWS));
    let deps_direct = deps(&direct, None);
    let input = || Input { path: FILE.to_owned(), ..Input::default() };
    let begun = Instant::now();
    let staged = load_user_purchase::run(&deps_direct, input()).await.unwrap().rows.staged;
    line("CSV straight to staging", staged, begun.elapsed());

    let url = shop.url();
    let deps = deps(&through, Some(&url));
    let begun = Instant::now();
    let loaded = load_user_purchase::run(&deps, input()).await.unwrap().rows.staged;
    line("load: CSV to the table", loaded, begun.elapsed());
    assert_eq!(loaded, staged);
    let begun = Instant::now();
    let extracted = extract_user_purchase::run(&deps, None).await.unwrap().unwrap();
    line("extract: the table to staging", extracted.rows, begun.elapsed());
    assert_eq!(extracted.rows, loaded);

    let table = "user_purchase_schema.user_purchase";
    let file = through.folder().join("copy.csv");
    let copy = |what: &str| format!("\\copy {what} '{}' csv", file.display());
    line("psql \\copy out, CSV", loaded, psql(&shop, &copy(&format!("{table} to"))));
    shop.sql(&format!("CREATE TABLE copied (LIKE {table} INCLUDING ALL)"));
    line("psql \\copy in, CSV", loaded, psql(&shop, &copy("copied from")));

    let begun = Instant::now();
    let outcome = extract_user_purchase::run(&deps, None).await.unwrap().unwrap().outcome;
    println!("again, after writes to another table: {outcome} in {:?}", begun.elapsed());
    let begun = Instant::now();
    let outcome = extract_user_purchase::run(&deps, None).await.unwrap().unwrap().outcome;
    println!("again, nothing written on the server: {outcome} in {:?}", begun.elapsed());

    for deps in [&deps, &deps_direct] {
        let orders = movie_analytics::reconcile::run(deps, None).await.unwrap().orders;
        for (dataset, order) in orders {
            let input = Input { path: order.path, ..Input::default() };
            movie_analytics::ingest::ingest(deps, dataset, input).await.unwrap();
        }
        build::run(deps, build::Input::default()).await.unwrap();
    }
    assert_eq!(through.facts(), direct.facts());
    assert_eq!(through.spend(), direct.spend());
    let spend: i128 = through.spend().values().sum();
    println!("{} customers spent {spend} thousandths, both ways", through.spend().len());
}
