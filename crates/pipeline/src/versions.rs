//! Versions of the rules. Rows that change are a new version: files staged and facts built by another
//! one are rebuilt. Beside each version stands the hash of what `tests/pipeline/rules.rs` makes of its
//! corpus, so that rows cannot change unnoticed.

/// How bytes become rows; hashes by dataset: reviews, logs, purchases.
pub const PARSER: (&str, [u64; 3]) =
    ("parser-3", [0x7c08_5f52_36bd_af1c, 0x1d48_4477_3720_c7d0, 0x1774_f7e8_af6d_9426]);

/// Which reviews are positive.
pub const CLASSIFIER: (&str, u64) = ("classifier-1", 0x217b_27e2_0f00_7c40);

/// How staged rows become facts.
pub const FACTS: (&str, u64) = ("facts-1", 0x89a2_a620_6010_3f11);
