//! Erases customers: puts them on the list that every ingest heeds, and requests that the files that
//! hold them are staged again.
//!
//! **Idempotency key**: the customers on the list; a file is staged again until its receipt heeds it.
//! **Retry**: the caller's; asking again finds what is left.
//! **What a crash leaves behind**: files that wait to be staged again, which `reconcile` finds.

use std::collections::BTreeSet;

use custom_handler::{HttpRequest, Outcome};
use lake::{CutRaw, Erasure, SNAPSHOT};
use pipeline::Dataset;
use serde::{Deserialize, Serialize};

use crate::{
    deps::{Context, Deps},
    events,
    ingest::Order,
    number::of,
    replay::BadRequest,
    survey::Inventory,
};

/// Who is to be erased.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Their numbers, as in the vendors' files.
    pub customers: BTreeSet<i64>,
}

/// What was found, and what follows. Names no customer.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Erased {
    /// Customers asked for.
    pub customers: u64,
    /// What of them was staged, and set aside.
    #[serde(flatten)]
    pub found: Erasure,
    /// Rows deleted from the operational table; `None` where there is no such database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_rows: Option<u64>,
    /// Vendors' files that were rewritten; `None` where that was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<CutRaw>,
    /// Files that are to be staged again.
    pub restaged: Vec<String>,
    /// What is left, for how long, and what to do about it.
    pub left: Vec<&'static str>,
    /// The same, for the queues or for this process.
    #[serde(skip)]
    pub orders: Vec<(Dataset, Order)>,
}

/// What an erasure does not reach.
const LEFT: [&str; 3] = [
    "facts and spend: until the next publish; days that are held back keep theirs until they are \
     published",
    "replaced staged and quarantine files: until the sweep, 24 hours after the next publish at the \
     earliest",
    "the vendors' files in raw, backups, and older versions and deleted blobs that the storage account \
     keeps: see docs/PRIVACY.md",
];

impl std::fmt::Display for Erased {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Erasure { added, reviews, logs, purchases, refused, .. } = self.found;
        writeln!(f, "{}, {} of them new on the list", of(self.customers, "customer"), added)?;
        writeln!(
            f,
            "found in staging: {}, {}, {}; in quarantine: {}",
            of(reviews, "review"),
            of(logs, "log"),
            of(purchases, "purchase"),
            of(refused, "refused row")
        )?;
        if let Some(rows) = self.table_rows {
            writeln!(f, "deleted from the operational table: {}", of(rows, "row"))?;
        }
        writeln!(f, "to be staged again: {}", of(self.restaged.len() as u64, "file"))?;
        if let Some(CutRaw { rewritten, unread }) = &self.raw {
            let rows = rewritten.iter().map(|(_, rows)| rows).sum();
            let files = of(rewritten.len() as u64, "file");
            writeln!(f, "rewritten in raw: {files}, without {}", of(rows, "row"))?;
            for path in unread {
                writeln!(f, "left in raw: {path} cannot be read, so look at it and delete it")?;
            }
        }
        self.left.iter().try_for_each(|left| writeln!(f, "left: {left}"))
    }
}

/// Puts the customers on the list. The caller has to fix a [`BadRequest`].
pub async fn run(deps: &Deps, request: Request) -> anyhow::Result<Erased> {
    let customers = request.customers;
    if customers.is_empty() {
        return Err(BadRequest("name the customers to erase".to_owned()).into());
    }
    let found = deps.lake.erase(&customers).await?;
    let table_rows = match &deps.purchase_db {
        Some(database) => Some(database.erase(&customers).await.map_err(anyhow::Error::from)?),
        None => None,
    };
    let mut due = deps.lake.due_for_erasure().await?;
    due.extend(found.files.iter().map(|(dataset, path)| (path.clone(), *dataset)));
    due.remove(SNAPSHOT);
    let restaged = due.keys().cloned().collect();
    let orders = due.into_iter().map(|(path, dataset)| (dataset, Order { path, force: None }));
    let (customers, orders) = (customers.len() as u64, orders.collect());
    Ok(Erased { customers, found, table_rows, raw: None, restaged, left: LEFT.to_vec(), orders })
}

/// Requests for the files that wait because customers were erased, whether they still lie in `raw` or
/// not; of an inventory also for logs that are gone from there and were staged under another
/// protection, and not for what it shows to wait.
pub async fn due(deps: &Deps, found: Option<&Inventory>) -> anyhow::Result<Vec<(Dataset, Order)>> {
    let surveys = found.iter().flat_map(|found| &found.datasets);
    let waiting: BTreeSet<_> =
        surveys.flat_map(|survey| &survey.waiting).map(|source| &source.path).collect();
    let mut due = deps.lake.due_for_erasure().await?;
    for survey in found.iter().flat_map(|found| &found.datasets) {
        let gone = survey.vanished.iter().filter(|gone| !gone.is_protected);
        due.extend(gone.map(|gone| (gone.path.clone(), survey.dataset)));
    }
    let due = due.into_iter().filter(|(path, _)| !waiting.contains(path));
    Ok(due.map(|(path, dataset)| (dataset, Order { path, force: None })).collect())
}

/// 202 with what was found, or 400 with what is wrong with the request or the settings.
pub(crate) async fn handle(request: HttpRequest, context: Context) -> anyhow::Result<Outcome> {
    let deps = context.state();
    let request: Request = match request.json() {
        Ok(request) => request,
        // Not what the parser says: it could repeat a customer.
        Err(_) => {
            return Ok(events::bad_request("send {\"customers\": [NUMBER, ...]}".to_owned())?);
        }
    };
    let no_key =
        |error: &anyhow::Error| matches!(error.downcast_ref(), Some(lake::Error::ErasedKey { .. }));
    let erased = match run(deps, request).await {
        Ok(erased) => erased,
        Err(error) if error.is::<BadRequest>() || no_key(&error) => {
            return Ok(events::bad_request(format!("{error:#}"))?);
        }
        Err(error) => return Err(error),
    };
    let (customers, files) = (erased.customers, erased.restaged.len());
    tracing::info!(
        function = context.function(),
        invocation_id = context.invocation_id(),
        customers.erased = customers,
        files.restaged = files,
        "erase: {} on the list, {} to be staged again",
        of(customers, "customer"),
        of(files as u64, "file")
    );
    Ok(events::outputs(events::answer(202, &erased)?, erased.orders)?)
}
