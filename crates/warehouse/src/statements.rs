//! How statements come into the program: each from a file of its own below `sql/`.

macro_rules! text {
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
}

/// Statements over dimensions: templates, filled from the table of dimensions.
macro_rules! templates {
    ($backend:literal, $fill:expr => $filled:ty: $($name:ident = $file:literal,)*) => {
        $(pub(super) static $name: std::sync::LazyLock<$filled> =
            std::sync::LazyLock::new(|| $fill($crate::statements::text!($backend, $file)));)*
    };
}

pub(crate) use {templates, text};
