//! How statements come into the program: each from a file of its own below `sql/`.

/// A statement as it stands in its file; with `all` or `daily` after it, a template that is filled
/// from these dimensions; with `each` before it, one statement for each dimension.
macro_rules! statement {
    ($backend:literal, $file:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../sql/",
            $backend,
            "/",
            $file,
            ".sql"
        ))
    };
    ($backend:literal, $file:literal, $dimensions:ident) => {{
        use pipeline::dimensions::{fill, $dimensions};
        static FILLED: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
            fill($crate::statements::statement!($backend, $file), $dimensions())
        });
        FILLED.as_str()
    }};
    ($backend:literal, each $file:literal) => {{
        use pipeline::dimensions::{COUNT, each};
        static FILLED: std::sync::LazyLock<[String; COUNT]> =
            std::sync::LazyLock::new(|| each($crate::statements::statement!($backend, $file)));
        &*FILLED
    }};
}

pub(crate) use statement;
