//! Versions of the rules. Rows that change are a new version: files staged and facts built by another
//! one are rebuilt. Beside each version stands the hash of what `tests/pipeline/rules.rs` makes of its
//! corpus, so that rows cannot change unnoticed.

/// How bytes become rows; hashes by dataset: reviews, logs, purchases.
pub const PARSER: (&str, [u64; 3]) =
    ("parser-5", [0x9c13_75c0_498d_595e, 0x0634_4111_5808_a8d6, 0x7f8c_f9a2_1526_bf00]);

/// Which reviews are positive.
pub const CLASSIFIER: (&str, u64) = ("classifier-1", 0x217b_27e2_0f00_7c40);

/// How staged rows become facts.
pub const FACTS: (&str, u64) = ("facts-1", 0x02aa_e557_6c25_418d);
