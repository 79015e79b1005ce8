//! The operational database, a PostgreSQL server whose table `user_purchase` belongs to an
//! application: files are loaded into the table ([`lake::Table`]), and snapshots of it are staged
//! ([`PurchaseDb::extract`]).
//!
//! Statements are files below `sql/postgres/`; values reach them as parameters or by binary COPY.

mod connect;
mod decode;
mod encode;
mod erase;
mod error;
mod extract;
mod load;
mod schema;
mod setting;
mod sql;
mod state;
mod tls;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use identity::Tokens;

pub use connect::Timing;
pub use error::Error;
pub use extract::{Extract, OnRows};
pub use setting::{HELP, Setting, WrongUrl};

/// One operational database. Each piece of work has a connection of its own.
#[derive(Clone)]
pub struct PurchaseDb {
    connector: Arc<connect::Connector>,
    /// The schema was seen to be whole.
    is_ready: Arc<AtomicBool>,
}

impl PurchaseDb {
    /// Nothing is opened yet.
    pub fn new(setting: Setting) -> Self {
        let connector = Arc::new(connect::Connector::new(setting));
        Self { connector, is_ready: Arc::default() }
    }

    /// With other waiting times than the default.
    pub fn with_timing(self, timing: Timing) -> Self {
        let connector = Arc::new(self.connector.with_timing(timing));
        Self { connector, ..self }
    }

    /// Signs in with tokens from elsewhere than the managed identity.
    pub fn with_tokens(self, tokens: Arc<dyn Tokens>) -> Self {
        let connector = Arc::new(self.connector.with_tokens(tokens));
        Self { connector, ..self }
    }

    /// Name of the database in recipes.
    fn recipe_name(&self) -> String {
        format!("postgres={}", self.connector.setting.key())
    }

    fn set_ready(&self, ready: bool) {
        self.is_ready.store(ready, Relaxed);
    }

    fn is_ready(&self) -> bool {
        self.is_ready.load(Relaxed)
    }
}

impl std::fmt::Display for PurchaseDb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.connector.setting.fmt(f)
    }
}
