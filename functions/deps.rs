//! What functions need from the outside, made once from the settings.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use engine::{Embedded, Engine};
use eventgrid::{CloudEvent, Data, Publisher};
use lake::{IngestOptions, Lake, Receipt, State, Table};
use pipeline::{Dataset, purchases::Columns};
use purchase_db::{PurchaseDb, Timing};
use tokio::sync::Mutex;
use warehouse::{Warehouse, sqlite::Sqlite, sqlserver::SqlServer};

use crate::{
    dashboard::Desk,
    publish_requested::Orders,
    reader::Reader,
    settings::{EngineSetting, LakeSetting, Settings, WarehouseSetting},
};

/// What an invocation brings, with what functions share.
pub type Context = custom_handler::Context<Deps>;

/// Shared by all functions of the process. Opens the lake; the warehouse is opened by its
/// first use.
pub struct Deps {
    /// Vendor files, staged files and receipts.
    pub lake: Lake,
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) warehouse: Mutex<Box<dyn Warehouse>>,
    /// Where purchases go before they are staged, if anywhere.
    pub(crate) purchase_db: Option<Arc<PurchaseDb>>,
    /// With a connection of its own: no reader waits for a publish.
    pub(crate) reader: Reader,
    pub(crate) dashboard: Desk,
    pub(crate) orders: Orders,
    pub(crate) settings: Settings,
    events: Option<Publisher>,
}

impl Deps {
    /// Opens the lake of the settings, and nothing else yet.
    pub fn new(settings: Settings) -> anyhow::Result<Self> {
        let lake = match &settings.lake {
            LakeSetting::Folder(folder) => Lake::local(folder)?,
            LakeSetting::Azure(azure) => Lake::azure(azure)?,
        };
        Self::with_lake(settings, lake)
    }

    /// With a lake that is open already, whatever the settings say of it.
    pub fn with_lake(settings: Settings, lake: Lake) -> anyhow::Result<Self> {
        let warehouse = open(&settings.warehouse);
        let lake = lake.with_keys(settings.personal.keys.clone());
        let engine = engine(&settings, &lake)?;
        let events = match &settings.event_topic {
            Some(topic) => Some(topic.publisher()?),
            None => None,
        };
        let purchase_db = settings.purchase_db.clone().map(|s| Arc::new(PurchaseDb::new(s)));
        let reader = Reader::new(&settings.warehouse);
        let dashboard = Desk::new(reader.clone(), Some(lake.clone()), settings.feeds);
        let (warehouse, orders) = (Mutex::new(warehouse), Orders::default());
        Ok(Self {
            lake,
            engine,
            warehouse,
            purchase_db,
            reader,
            dashboard,
            orders,
            settings,
            events,
        })
    }

    /// With another warehouse than that of the settings, which only name it then.
    #[doc(hidden)]
    pub fn with_warehouse(self, warehouse: Box<dyn Warehouse>) -> Self {
        Self { warehouse: Mutex::new(warehouse), ..self }
    }

    /// With other waiting times than the default where the operational database does not answer.
    pub fn with_purchase_db_timing(self, timing: Timing) -> Self {
        let database = self.purchase_db.as_deref().cloned();
        let purchase_db = database.map(|database| Arc::new(database.with_timing(timing)));
        Self { purchase_db, ..self }
    }

    /// Publishes an event, if a topic is configured. A failure is logged and fails no work.
    pub(crate) async fn publish_event(&self, data: Data) {
        let Some(events) = &self.events else { return };
        let event = CloudEvent::new(self.lake.describe(), data);
        if let Err(error) = events.publish(&event).await {
            tracing::warn!(event = event.kind(), "cannot send the event: {error}");
        }
    }

    /// How files are read, before what one invocation adds.
    pub(crate) fn ingest_options(&self) -> IngestOptions {
        let mut parser = self.settings.parser_options();
        let table = self.purchase_db.clone().map(|database| database as Arc<dyn Table>);
        if table.is_some() {
            parser.purchases = Columns::Table;
        }
        let limits = self.settings.file_limits;
        IngestOptions {
            parser,
            table,
            max_bytes: limits.file_bytes,
            max_ratio: limits.gzip_ratio,
            ..IngestOptions::default()
        }
    }

    /// Takes a source path out, also of the operational database. `None` when nothing is live.
    pub async fn forget(&self, dataset: Dataset, path: &str) -> anyhow::Result<Option<Receipt>> {
        let database = self.purchase_db.as_ref().filter(|_| dataset == Dataset::UserPurchase);
        let Some(database) = database else {
            return Ok(self.lake.receipts().exclude(dataset, path).await?);
        };
        let forgotten = self.lake.receipts().exclude(dataset, path).await?;
        // A call that is repeated after a crash finds it excluded already.
        let newest = self.lake.receipts().newest(dataset, path).await?;
        let newest = forgotten.clone().or(newest.filter(|r| r.state == State::Forgotten));
        if let Some(newest) = newest {
            let before = self.lake.receipts().live(dataset, path, newest.number - 1).await?;
            let attempt = before.as_ref().map(|before| before.attempt.as_str());
            let removed = database.remove(path, Some(&newest.etag), attempt).await;
            removed.map_err(lake::Error::from)?;
        }
        Ok(forgotten)
    }
}

/// The engine of a setting. A cluster is reached by the first set that outgrows this process.
fn engine(settings: &Settings, lake: &Lake) -> anyhow::Result<Arc<dyn Engine>> {
    let memory_bytes = settings.engine_memory_mb << 20;
    Ok(match &settings.engine {
        EngineSetting::Embedded => Arc::new(Embedded::new(lake.clone(), memory_bytes)),
        #[cfg(feature = "spark-connect")]
        EngineSetting::Cluster(address) => {
            Arc::new(engine::spark::Spark::new(lake.clone(), memory_bytes, address.clone())?)
        }
    })
}

/// The warehouse of a setting. It is opened by its first use.
pub fn open(warehouse: &WarehouseSetting) -> Box<dyn Warehouse> {
    match warehouse {
        WarehouseSetting::Sqlite(file) => Box::new(Sqlite::new(file)),
        WarehouseSetting::SqlServer(server) => Box::new(SqlServer::new(server.clone())),
    }
}

/// An instant, for people: `2021-04-25T06:15:04Z`. No fact depends on it.
pub fn text(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
