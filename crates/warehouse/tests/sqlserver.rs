//! The SQL Server warehouse: the conformance suite on the server of TEST_SQLSERVER_URL, a
//! connection string with rights to make schemas. Without it nothing is tested, which is said.

use std::{env, io::Write};

use tiberius::{Client, Config};
use tokio::{net::TcpStream, runtime::Runtime};
use tokio_util::compat::TokioAsyncWriteCompatExt;
use uuid::Uuid;
use warehouse::{
    Warehouse,
    sqlserver::{Schemas, Server, SqlServer},
};

const URL: &str = "TEST_SQLSERVER_URL";

/// Drops the schemas of one case.
struct Guard {
    url: String,
    schemas: Schemas,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let (url, schemas) = (self.url.clone(), self.schemas.clone());
        // Within a test's own runtime nothing may block: a thread of its own may.
        let dropped = std::thread::spawn(move || {
            Runtime::new().unwrap().block_on(async move {
                let mut config = Config::from_ado_string(&url).unwrap();
                config.command_timeout(None);
                let stream = TcpStream::connect(config.get_addr()).await.unwrap();
                let mut client = Client::connect(config, stream.compat_write()).await.unwrap();
                for statement in drops(&schemas) {
                    client.simple_query(statement).await.unwrap().into_results().await.unwrap();
                }
            });
        });
        if dropped.join().is_err() {
            eprintln!("the schemas {} and {} were left", self.schemas.dw(), self.schemas.ops());
        }
    }
}

fn drops(schemas: &Schemas) -> Vec<String> {
    let (dw, ops) = (schemas.dw(), schemas.ops());
    let views = [
        format!("{ops}.v_unmatched"),
        format!("{ops}.v_freshness"),
        format!("{ops}.v_load_history"),
        format!("{dw}.v_customer_spend"),
        format!("{dw}.v_fact_movie_analytics"),
    ];
    let tables = [
        format!("{ops}.refused_day"),
        format!("{ops}.day_total"),
        format!("{ops}.publish_log"),
        format!("{ops}.load_history"),
        format!("{ops}.schema_version"),
        format!("{dw}.agg_daily"),
        format!("{dw}.fact_movie_analytics"),
        format!("{dw}.customer_spend"),
        format!("{dw}.dim_browser"),
        format!("{dw}.dim_os"),
        format!("{dw}.dim_location"),
        format!("{dw}.dim_devices"),
        format!("{dw}.dim_date"),
    ];
    let views = views.into_iter().map(|view| format!("DROP VIEW {view}"));
    let tables = tables.into_iter().map(|table| format!("DROP TABLE {table}"));
    let schemas = [dw, ops].map(|schema| format!("DROP SCHEMA {schema}"));
    views.chain(tables).chain(schemas).collect()
}

/// Schemas of its own for each case, if there is a server.
async fn fresh() -> Option<(Guard, impl Fn() -> SqlServer)> {
    let url = env::var(URL).ok()?;
    let server = Server::parse(&url, None).unwrap();
    let schemas = Schemas::with_suffix(&Uuid::new_v4().simple().to_string()).unwrap();
    let guard = Guard { url, schemas: schemas.clone() };
    let connect = move || SqlServer::new(server.clone()).with_schemas(schemas.clone());
    connect().migrate().await.unwrap();
    // Again: there is nothing left to do.
    assert!(connect().migrate().await.unwrap().is_empty());
    Some((guard, connect))
}

warehouse::conformance_suite!(optional fresh);

#[test]
fn says_where_it_did_not_run() {
    if env::var(URL).is_err() {
        // Not by a macro: the test harness would swallow the line.
        let line =
            "\nthe conformance suite did not run on SQL Server: TEST_SQLSERVER_URL is not set\n";
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
}
