//! The dimensions of a session log. Parser, staged files, facts, statements of every warehouse and
//! cluster, dashboard and tests follow this table; `CONTRIBUTING.md` says how to add a row.

mod template;

pub use template::{each, fill};

/// One dimension: an element of a log whose texts have a table of their own.
#[derive(Clone, Copy, Debug)]
pub struct Dimension {
    /// Column of staged files, text column of [`table`](Self::table) and column of
    /// `v_fact_movie_analytics`.
    pub name: &'static str,
    /// XML element below `<log>`.
    pub element: &'static str,
    /// Whether a log without the element is refused. Otherwise its fact has key 0, `Unknown`.
    pub is_required: bool,
    /// Table of its texts.
    pub table: &'static str,
    /// Key of the table, and column of the fact table.
    pub key: &'static str,
    /// Its members in the JSON of `status`.
    pub plural: &'static str,
    /// What people read.
    pub label: &'static str,
    /// What its texts say, in the data dictionary.
    pub about: &'static str,
}

/// All of them, in the order of the columns of staged files. The facts' arrays have this order.
pub static DIMENSIONS: [Dimension; 4] = [
    Dimension {
        name: "device",
        element: "device",
        is_required: true,
        table: "dim_devices",
        key: "id_dim_devices",
        plural: "devices",
        label: "Device",
        about: "Kind of device on which the customer wrote the review.",
    },
    Dimension {
        name: "os",
        element: "os",
        is_required: true,
        table: "dim_os",
        key: "id_dim_os",
        plural: "systems",
        label: "Operating system",
        about: "Operating system of the device.",
    },
    Dimension {
        name: "location",
        element: "location",
        is_required: true,
        table: "dim_location",
        key: "id_dim_location",
        plural: "locations",
        label: "Location",
        about: "State in which the customer wrote the review.",
    },
    Dimension {
        name: "browser",
        element: "browser",
        is_required: false,
        table: "dim_browser",
        key: "id_dim_browser",
        plural: "browsers",
        label: "Browser",
        about: "Browser of the device; Unknown where the log names none.",
    },
];

/// A dimension that the dashboard filters on, so that `agg_daily` has its key.
#[derive(Debug)]
pub struct DailyDimension {
    /// Place in [`DIMENSIONS`].
    pub place: usize,
    /// Name of the filter in the address of the dashboard.
    pub parameter: &'static str,
    /// Title of the filter.
    pub title: &'static str,
}

/// Those of the dashboard, in the order of its filters.
pub const DAILY: [DailyDimension; 3] = [
    DailyDimension { place: place("location"), parameter: "state", title: "State" },
    DailyDimension { place: place("device"), parameter: "device", title: "Device" },
    DailyDimension { place: place("os"), parameter: "os", title: "Operating system" },
];

/// How many there are.
pub const COUNT: usize = DIMENSIONS.len();

impl DailyDimension {
    /// Its row of the table.
    pub const fn dimension(&self) -> &'static Dimension {
        &DIMENSIONS[self.place]
    }
}

/// [`DIMENSIONS`] in order, for [`fill`].
pub fn all() -> impl Iterator<Item = &'static Dimension> {
    DIMENSIONS.iter()
}

/// The dimensions of [`DAILY`] in order, for [`fill`].
pub fn daily() -> impl Iterator<Item = &'static Dimension> {
    DAILY.iter().map(DailyDimension::dimension)
}

/// The place in [`DIMENSIONS`] of the dimension of this name.
///
/// # Panics
/// If there is none.
pub const fn place(name: &str) -> usize {
    let mut place = 0;
    while place < COUNT {
        if is_same(DIMENSIONS[place].name.as_bytes(), name.as_bytes()) {
            return place;
        }
        place += 1;
    }
    panic!("no dimension has this name")
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}
