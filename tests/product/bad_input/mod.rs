//! Bad input loses nothing and lets nothing in: what vendors send beside sound files, and what
//! somebody sends who means harm.

mod dirty_drop;
mod documented;
mod erased;
mod files;
#[cfg(target_os = "linux")]
mod hostile;
mod limits;
mod names;
mod personal_data;
mod protection_changes;
mod quarantine;
mod rows;
mod small_vendors;
mod unread;
