//! The table and what loads need beside it.

use std::collections::BTreeMap;

use tokio_postgres::{Client, error::SqlState};

use crate::{error::Cause, sql};

/// The table's columns with their types, as COPY sends them.
const COLUMNS: [(&str, &str); 9] = [
    ("invoice_number", "character varying(10)"),
    ("stock_code", "character varying(20)"),
    ("detail", "character varying(1000)"),
    ("quantity", "integer"),
    ("invoice_date", "timestamp without time zone"),
    ("unit_price", "numeric(8,3)"),
    ("customer_id", "integer"),
    ("country", "character varying(20)"),
    ("source_file", "text"),
];

/// Without it a row that the application has changed would still belong to its file.
const TRIGGER: &str = "disown_changed_row";

/// Checks the table, and makes what is missing.
pub(crate) async fn ensure(client: &Client) -> Result<(), Cause> {
    let Some(missing) = check(&parts(client).await?)? else { return Ok(()) };
    match make(client).await {
        // The table has another owner.
        Err(cause) if cause.state() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            client.batch_execute("ROLLBACK").await?;
            Err(Cause::permanent(format!(
                "lacks {missing} of user_purchase_schema, and this login may not create it: let the \
                 owner of the table run sql/postgres/schema/[1-7]_*.sql"
            )))
        }
        Err(cause) => Err(cause),
        Ok(()) => match check(&parts(client).await?)? {
            None => Ok(()),
            Some(missing) => Err(Cause::permanent(format!("still lacks {missing}"))),
        },
    }
}

async fn make(client: &Client) -> Result<(), Cause> {
    client.batch_execute("BEGIN").await?;
    client.batch_execute(sql::SCHEMA_LOCK).await?;
    for statement in sql::SCHEMA {
        client.batch_execute(statement).await?;
    }
    client.batch_execute("COMMIT").await?;
    Ok(())
}

async fn parts(client: &Client) -> Result<BTreeMap<String, String>, Cause> {
    let rows = client.query(sql::PARTS, &[]).await?;
    Ok(rows.iter().map(|row| (row.get("part"), row.get("type"))).collect())
}

/// The first part that is not there. A column of another type is an error.
fn check(parts: &BTreeMap<String, String>) -> Result<Option<&'static str>, Cause> {
    let mut missing = None;
    for (column, expected) in COLUMNS {
        match parts.get(column) {
            None => missing = missing.or(Some(column)),
            Some(found) if found != expected => {
                return Err(Cause::permanent(format!(
                    "has a table user_purchase whose column {column} is {found} where {expected} \
                     is expected: alter it, or load into a table of its own database"
                )));
            }
            Some(_) => {}
        }
    }
    let others = [TRIGGER, "load_history"].into_iter().filter(|part| !parts.contains_key(*part));
    Ok(missing.or(others.into_iter().next()))
}
