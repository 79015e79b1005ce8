//! Events where nobody else sends them: for tests, and for Azurite, which has no Event Grid.

use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    blob_created::{BLOB_CREATED, SUBJECT},
    name,
};

/// The event that Event Grid puts on a storage queue, as one JSON object in the Event Grid
/// schema, after a block blob was written: `path` is its name within the container, not encoded;
/// `size` counts bytes. The account `devstoreaccount1` gets the URL of a local Azurite.
pub fn blob_created(account: &str, container: &str, path: &str, etag: &str, size: u64) -> Value {
    let now = Utc::now();
    let gzip = path.ends_with(".gz");
    let uuid = || Uuid::new_v4().to_string();
    let storage = "Microsoft.Storage/storageAccounts";
    json!({
        "topic": format!(
            "/subscriptions/{}/resourceGroups/local/providers/{storage}/{account}", Uuid::nil()
        ),
        "subject": format!("{}{container}{}{path}", SUBJECT.0, SUBJECT.1),
        "eventType": BLOB_CREATED,
        "id": uuid(),
        "data": {
            "api": "PutBlockList",
            "clientRequestId": uuid(),
            "requestId": uuid(),
            "eTag": etag.trim_matches('"'),
            "contentType": if gzip { "application/gzip" } else { "text/csv" },
            "contentLength": size,
            "blobType": "BlockBlob",
            "accessTier": "Default",
            "url": name::url(account, container, path),
            // Compared as text, later events of a blob have the greater one.
            "sequencer": format!("{:032x}", now.timestamp_micros()),
            "storageDiagnostics": { "batchId": uuid() },
        },
        "dataVersion": "",
        "metadataVersion": "1",
        "eventTime": now.to_rfc3339_opts(SecondsFormat::Micros, true),
    })
}
