//! What receipts refused, as the warehouse keeps it.

use lake::Receipt;

/// One reason of one receipt.
pub(crate) struct Refusal<'a> {
    pub path: &'a str,
    pub receipt: u32,
    pub reason: &'static str,
    /// None where the reason refused the whole file.
    pub rows_refused: Option<u64>,
    /// What was found, where the whole file was refused.
    pub detail: Option<&'a str>,
    /// Where the refused rows lie, within `quarantine`.
    pub quarantine: Option<&'a str>,
}

pub(crate) fn refusals(receipts: &[Receipt]) -> Vec<Refusal<'_>> {
    let mut refusals = Vec::new();
    for receipt in receipts {
        let of = |reason, rows_refused, detail| Refusal {
            path: &receipt.path,
            receipt: receipt.number,
            reason,
            rows_refused,
            detail,
            quarantine: receipt.quarantine.as_deref(),
        };
        let file = receipt.refusal.iter();
        refusals.extend(file.map(|file| of(file.reason.name(), None, Some(&*file.detail))));
        let rows = receipt.rows.refused_by_reason.iter();
        refusals.extend(rows.map(|(reason, rows)| of(reason.name(), Some(*rows), None)));
    }
    refusals
}
