//! Warehouses on the stand-in, with little patience.

use std::time::Duration;

use warehouse::sqlserver::{self, SqlServer, Timing};

use super::Server;

pub const MS: Duration = Duration::from_millis(1);

pub fn timing() -> Timing {
    Timing {
        attempt: 500 * MS,
        deadline: 2_000 * MS,
        unreachable: 100 * MS,
        first_byte: 50 * MS,
        command: 300 * MS,
        lock: 100 * MS,
        pause: 5 * MS,
        idle: 10_000 * MS,
    }
}

pub fn at(port: u16) -> SqlServer {
    let server = format!(
        "Server=tcp:127.0.0.1,{port};Database=films;User ID=etl;Password=secret;\
         Encrypt=False"
    );
    let server = sqlserver::Server::parse(&server, None).unwrap();
    SqlServer::new(server).with_timing(timing())
}

pub async fn start() -> (Server, SqlServer) {
    let server = Server::start().await;
    let warehouse = at(server.port);
    (server, warehouse)
}
