//! Who the server runs as.

use std::{fs, os::unix::fs::MetadataExt};

/// A user without privileges.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    pub uid: u32,
    pub gid: u32,
}

impl Account {
    /// `None` where we have no privileges ourselves.
    pub fn of_server() -> Option<Self> {
        let ours = fs::metadata("/proc/self").ok()?.uid();
        if ours != 0 {
            return None;
        }
        let accounts = fs::read_to_string("/etc/passwd").ok()?;
        ["postgres", "nobody"].iter().find_map(|name| named(&accounts, name))
    }
}

fn named(accounts: &str, name: &str) -> Option<Account> {
    let mut accounts = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let account = accounts.find(|fields| fields.first() == Some(&name))?;
    Some(Account { uid: account.get(2)?.parse().ok()?, gid: account.get(3)?.parse().ok()? })
}
