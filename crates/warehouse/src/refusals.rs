//! What receipts say, as both warehouses keep it beside the whole receipt.

use std::borrow::Cow;

use lake::Receipt;
use pipeline::limits;
use twox_hash::XxHash3_128;

/// One reason of one receipt.
pub(crate) struct Refusal<'a> {
    pub path: &'a str,
    pub receipt: u32,
    pub reason: &'static str,
    /// None where the reason refused the whole file.
    pub rows_refused: Option<u64>,
    /// What was found, where the whole file was refused. Receipts of earlier programs may have more.
    pub detail: Option<Cow<'a, str>>,
    /// Where the refused rows lie, within `quarantine`.
    pub quarantine: Option<&'a str>,
}

pub(crate) fn refusals(receipts: &[Receipt]) -> Vec<Refusal<'_>> {
    let cut = |detail| limits::cut(detail, limits::DETAIL);
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
        refusals.extend(file.map(|file| of(file.reason.name(), None, Some(cut(&file.detail)))));
        let rows = receipt.rows.refused_by_reason.iter();
        refusals.extend(rows.map(|(reason, rows)| of(reason.name(), Some(*rows), None)));
    }
    refusals
}

/// An ETag or a version of rules as tables hold it: of one beyond its limit, such as that of a
/// database with many transactions under way, its hash. The receipt has all of it.
pub(crate) fn version(text: &str) -> Cow<'_, str> {
    match limits::units(text) <= limits::VERSION {
        true => Cow::Borrowed(text),
        false => Cow::Owned(format!("xxh3-128 {:032x}", XxHash3_128::oneshot(text.as_bytes()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_beyond_its_limit_is_stored_as_its_hash() {
        let busy = |last: u64| {
            let under_way: Vec<String> =
                (0..30).map(|n| (4_294_967_300_u64 + n).to_string()).collect();
            format!("7600000000000000001 1 16384 4294967300:{last}:{}", under_way.join(","))
        };
        let (one, other) = (busy(4_294_967_400), busy(4_294_967_401));
        assert!(one.len() > 289);
        assert_eq!(version(&one).len(), 41);
        assert_eq!(version(&one), version(&one));
        assert_ne!(version(&one), version(&other));
        assert_eq!(version("\"0x8D\""), "\"0x8D\"");
        assert_eq!(version(&"ä".repeat(200)), "ä".repeat(200));
    }
}
