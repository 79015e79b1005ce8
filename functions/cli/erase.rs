//! `erase`: whom the options name.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::Context;

use crate::{erase::Request, replay::BadRequest};

/// Customers named one by one, and those of a file with one number in each line. An error names the
/// line, never what stands in it.
pub fn request(named: Vec<i64>, file: Option<&Path>) -> anyhow::Result<Request> {
    let mut customers: BTreeSet<i64> = named.into_iter().collect();
    if let Some(file) = file {
        let text = fs::read_to_string(file);
        let text = text.with_context(|| format!("cannot read {}", file.display()))?;
        for (line, number) in (1..).zip(text.lines().map(str::trim)) {
            if number.is_empty() {
                continue;
            }
            let wrong = |_| BadRequest(format!("line {line} of {} is no number", file.display()));
            customers.insert(number.parse().map_err(wrong)?);
        }
    }
    Ok(Request { customers })
}
