//! The statements, each a file.

macro_rules! statements {
    ($($name:ident = $file:literal,)*) => {
        $(pub(crate) const $name: &str =
            include_str!(concat!("../../../sql/postgres/", $file));)*
    };
}

statements! {
    SESSION = "session.sql",
    PARTS = "schema/parts.sql",
    SCHEMA_LOCK = "schema/lock.sql",
    BEGIN_LOAD = "load/begin.sql",
    OWN = "load/own.sql",
    CLAIM = "load/claim.sql",
    PRESENT = "load/present.sql",
    REMOVE_ROWS = "load/remove_rows.sql",
    COPY_IN = "load/copy_in.sql",
    RECORD = "load/record.sql",
    DUPLICATE = "load/duplicate.sql",
    FORGET = "load/forget.sql",
    ERASE = "erase/rows.sql",
    BEGIN_EXTRACT = "extract/begin.sql",
    BECOME_READER = "extract/become_reader.sql",
    PLACE = "extract/place.sql",
    CHANGES = "extract/changes.sql",
    COPY_OUT = "extract/copy_out.sql",
}

/// In the order in which they are run.
pub(crate) const SCHEMA: [&str; 7] = [
    include_str!("../../../sql/postgres/schema/1_schema.sql"),
    include_str!("../../../sql/postgres/schema/2_user_purchase.sql"),
    include_str!("../../../sql/postgres/schema/3_source_file.sql"),
    include_str!("../../../sql/postgres/schema/4_source_file_index.sql"),
    include_str!("../../../sql/postgres/schema/5_disown.sql"),
    include_str!("../../../sql/postgres/schema/6_disown_changed_row.sql"),
    include_str!("../../../sql/postgres/schema/7_load_history.sql"),
];
