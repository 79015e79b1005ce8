//! Random rounds with the operational database: files are dropped, restated and forgotten, the
//! application adds, changes and deletes rows, and in each round the work fails, a process of the
//! server is killed, or all of them are. After each round the table holds what a plain list comes
//! to, row by row with the file it belongs to, and the warehouse what the table comes to.
//!
//! `ROUNDS=500 SEED=7 cargo test --test faults postgres_rounds` runs more, or others.

use std::sync::{Arc, Mutex};

use crate::common::{
    dice::Dice,
    drop::purchases,
    failpoints::alone,
    lab::{Lab, extracted, published, reconciled},
    shop::spend_of,
};
use lake::failpoint::{Action, arm, disarm};
use movie_analytics::deps::Deps;
use pipeline::Dataset;
use postgres_cluster::Cluster;

const FILES: [&str; 3] = ["user_purchase/a.csv", "user_purchase/b.csv", "user_purchase/c.csv"];

const PLACES: [&str; 10] = [
    "head:after",
    "stream:before",
    "stream:after",
    "table:before",
    "table:after",
    "receipt:before",
    "receipt:after",
    "snapshot:before",
    "listing:after",
    "commit:before",
];

/// A row of the table: the file that it belongs to, customer and quantity.
type Row = (Option<usize>, i64, i64);

#[derive(Default)]
struct Model {
    rows: Vec<Row>,
    /// Tells versions apart, so that no two files have the same content.
    versions: i64,
}

impl Model {
    /// A version of a file: three rows of customers 1 to 5.
    fn restate(&mut self, file: usize, dice: &mut Dice) -> String {
        self.versions += 1;
        let row = |_| (1 + dice.below(5) as i64, self.versions * 10 + dice.below(9) as i64);
        let rows: Vec<(i64, i64)> = (0..3).map(row).collect();
        self.forget(file);
        self.rows.extend(rows.iter().map(|(customer, n)| (Some(file), *customer, *n)));
        let rows: Vec<(String, i64)> = rows.iter().map(|(c, n)| (c.to_string(), *n)).collect();
        let rows: Vec<_> = rows.iter().map(|(c, n)| (c.as_str(), *n, "1")).collect();
        purchases(&rows)
    }

    fn forget(&mut self, file: usize) {
        self.rows.retain(|(of, ..)| *of != Some(file));
    }

    /// What the application does, as a statement.
    fn change(&mut self, dice: &mut Dice) -> String {
        let table = "user_purchase_schema.user_purchase";
        let (customer, n) = (1 + dice.below(5) as i64, dice.below(90) as i64);
        match dice.below(4) {
            0 => {
                self.rows.push((None, customer, n));
                let columns = "(customer_id, quantity, unit_price)";
                format!("INSERT INTO {table} {columns} VALUES ({customer}, {n}, 1)")
            }
            1 => {
                self.rows.retain(|(_, of, _)| *of != customer);
                format!("DELETE FROM {table} WHERE customer_id = {customer}")
            }
            2 => {
                for row in self.rows.iter_mut().filter(|row| row.1 == customer) {
                    *row = (None, customer, -row.2 - 1);
                }
                let set = "SET quantity = -quantity - 1";
                format!("UPDATE {table} {set} WHERE customer_id = {customer}")
            }
            _ => "CREATE TEMP TABLE elsewhere (n int)".to_owned(),
        }
    }

    fn table(&self) -> String {
        let mut rows: Vec<String> = self
            .rows
            .iter()
            .map(|(file, customer, n)| format!("{}|{customer}|{n}", file.map_or("", |f| FILES[f])))
            .collect();
        rows.sort();
        rows.join("\n")
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// What goes wrong in a round.
fn fault(dice: &mut Dice, cluster: &Arc<Mutex<Cluster>>) {
    let (place, cluster) = (dice.pick(&PLACES), cluster.clone());
    let action = match dice.below(5) {
        0 => return,
        1 => Action::Call(Box::new(move || {
            let mut cluster = cluster.lock().unwrap();
            cluster.kill();
            cluster.restart().unwrap();
        })),
        2 => Action::Call(Box::new(move || {
            let ours = "application_name = 'movie-analytics'";
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity";
            cluster.lock().unwrap().query(&format!("{end} WHERE {ours}")).unwrap();
        })),
        _ => Action::Fail,
    };
    arm(place, dice.below(2), action);
}

/// One process: stages, extracts, publishes, up to what goes wrong.
async fn run(deps: &Deps) -> anyhow::Result<()> {
    reconciled(deps).await?;
    extracted(deps).await?;
    published(deps).await?;
    Ok(())
}

#[test]
fn after_any_round_the_table_and_the_warehouse_hold_what_a_plain_list_comes_to() {
    alone(async {
        let (rounds, seed) = (number("ROUNDS", 25), number("SEED", 1));
        let mut dice = Dice::new(seed);
        let cluster = Arc::new(Mutex::new(Cluster::start().unwrap()));
        let url = cluster.lock().unwrap().url("postgres");
        let sql = |text: &str| cluster.lock().unwrap().query(text).unwrap();
        let lab = Lab::with(&[("USER_PURCHASE_DB", &url)]);
        let mut model = Model::default();
        for round in 0..rounds {
            let said = format!("round {round} of seed {seed}");
            for (file, path) in FILES.iter().enumerate().filter(|_| round > 0) {
                if dice.happens(10) {
                    lab.deps().forget(Dataset::UserPurchase, path).await.unwrap();
                    model.forget(file);
                }
            }
            for _ in 0..if round > 0 { dice.below(3) } else { 0 } {
                sql(&model.change(&mut dice));
            }
            for (file, path) in FILES.iter().enumerate() {
                if round == 0 || dice.happens(30) {
                    lab.put(path, model.restate(file, &mut dice)).await;
                }
            }
            fault(&mut dice, &cluster);
            let broken = run(&lab.deps()).await;
            disarm();
            let mut tries = 0;
            while let Err(error) = run(&lab.deps()).await {
                tries += 1;
                assert!(tries < 5, "{said}: {error:#}, after {broken:?}");
            }
            let rows = "SELECT source_file, customer_id, quantity \
                FROM user_purchase_schema.user_purchase";
            let mut rows: Vec<String> = sql(rows).lines().map(str::to_owned).collect();
            rows.sort();
            assert_eq!(rows.join("\n"), model.table(), "{said}, after {broken:?}");
            assert_eq!(lab.spend(), spend_of(&cluster.lock().unwrap(), "postgres"), "{said}");
        }
    });
}
