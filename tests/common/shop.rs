//! The operational database of one test, and what its application does to it.

use postgres_cluster::Cluster;

use super::warehouse::Spend;

/// A database of its own on a server that other tests use too.
pub struct Shop<'a> {
    cluster: &'a Cluster,
    name: String,
}

impl<'a> Shop<'a> {
    pub fn open(cluster: &'a Cluster, name: &str) -> Self {
        cluster.query(&format!("CREATE DATABASE {name}")).expect("a database");
        Self { cluster, name: name.to_owned() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// For `USER_PURCHASE_DB`.
    pub fn url(&self) -> String {
        self.cluster.url(&self.name)
    }

    /// Runs statements as the application does.
    #[track_caller]
    pub fn sql(&self, sql: &str) -> String {
        self.cluster.query_in(&self.name, sql).expect("the statement")
    }

    /// One number of the table.
    #[track_caller]
    pub fn number(&self, what: &str) -> i64 {
        let sql = format!("SELECT {what} FROM user_purchase_schema.user_purchase");
        self.sql(&sql).parse().expect("a number")
    }

    /// What the table comes to, as the server adds it up: thousandths by customer.
    pub fn spend(&self) -> Spend {
        spend_of(self.cluster, &self.name)
    }
}

/// As [`Shop::spend`], of any database.
pub fn spend_of(cluster: &Cluster, database: &str) -> Spend {
    let sums = "SELECT customer_id, (1000 * sum(quantity * unit_price))::bigint \
        FROM user_purchase_schema.user_purchase WHERE customer_id IS NOT NULL GROUP BY 1";
    let sums = cluster.query_in(database, sums).expect("the sums");
    let sums = sums.lines().map(|line| line.split_once('|').expect("two columns"));
    sums.map(|(customer, sum)| (customer.parse().expect("a customer"), sum.parse().expect("a sum")))
        .collect()
}
