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

/// Statements as they stand in their files.
macro_rules! statements {
    ($backend:literal: $($name:ident = $file:literal,)*) => {
        $(pub(super) const $name: &str = $crate::statements::text!($backend, $file);)*
    };
}

/// Statements over dimensions: templates, filled from the table of dimensions.
macro_rules! templates {
    ($backend:literal, $fill:expr => $filled:ty: $($name:ident = $file:literal,)*) => {
        $(pub(super) static $name: std::sync::LazyLock<$filled> =
            std::sync::LazyLock::new(|| $fill($crate::statements::text!($backend, $file)));)*
    };
}

/// Statements that read everything back, for the conformance suite.
#[cfg(feature = "conformance")]
macro_rules! inspection {
    ($backend:literal) => {
        $crate::statements::statements! { $backend:
            INSPECT_AMOUNTS = "inspect/amounts",
            INSPECT_SPEND = "inspect/spend",
            INSPECT_REFUSALS = "inspect/refusals",
        }
        $crate::statements::templates! { $backend, |text| fill(text, all()) => String:
            INSPECT_FACTS = "inspect/facts",
            INSPECT_DIMENSIONS = "inspect/dimensions",
        }
        $crate::statements::templates! { $backend, |text| fill(text, daily()) => String:
            INSPECT_DAILY = "inspect/daily",
        }
    };
}

#[cfg(feature = "conformance")]
pub(crate) use inspection;
pub(crate) use {statements, templates, text};
