//! In which state the files of the lake are: one definition, which `run`, `status`, their JSON and
//! the exit code share. `docs/DATA.md` explains the words.

use std::fmt;

use serde::Serialize;
use warehouse::Summary;

use crate::{
    number::{count, of},
    survey::Inventory,
};

/// How many files are in which state. Each file in `raw` that is read is staged, waiting, rejected
/// or excluded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct States {
    /// The present version was taken in.
    pub staged: u64,
    /// Of these, the ones whose newest receipt the warehouse has not absorbed. `None` where the
    /// warehouse was not read.
    pub unpublished: Option<u64>,
    /// The present version was not read yet: the next run reads it.
    pub waiting: u64,
    /// The present version was refused, or reading it killed the process.
    pub rejected: u64,
    /// Somebody took the present version out.
    pub excluded: u64,
    /// No longer in `raw`, and their rows still count.
    pub withdrawn: u64,
    /// In `raw`, where no dataset has files of that name.
    pub unread: u64,
    /// Of the files above, those with a receipt that cannot be read, so that nobody knows what
    /// counts of them.
    pub unreadable: u64,
    /// No files but feeds: those whose next file is overdue.
    pub late: u64,
    /// Whether withdrawn files are to be warned of.
    #[serde(skip)]
    alert: bool,
}

impl States {
    /// Counts what `raw` holds; `alert` tells whether withdrawn files matter.
    pub fn of(inventory: &Inventory, alert: bool) -> Self {
        let sum = |of: fn(&crate::survey::Survey) -> usize| {
            inventory.datasets.iter().map(of).sum::<usize>() as u64
        };
        Self {
            staged: sum(|survey| survey.counted.len()),
            unpublished: None,
            waiting: sum(|survey| survey.waiting.len()),
            rejected: sum(|survey| survey.refused.len()),
            excluded: sum(|survey| survey.excluded.len()),
            withdrawn: sum(|survey| survey.vanished.len()),
            unread: inventory.unread.len() as u64,
            unreadable: sum(|survey| survey.unreadable.len()),
            late: sum(|survey| usize::from(survey.late.is_some())),
            alert,
        }
    }

    /// With the number of staged files that a warehouse has not absorbed yet; `None`: it was never
    /// published to.
    pub fn compared_with(self, inventory: &Inventory, state: Option<&warehouse::State>) -> Self {
        let absorbed = |path: &String| state?.paths.get(path).map(|absorbed| absorbed.newest);
        let staged = inventory.datasets.iter().flat_map(|survey| &survey.counted);
        let unpublished = staged.filter(|(path, file)| absorbed(path) < Some(file.newest)).count();
        Self { unpublished: Some(unpublished as u64), ..self }
    }

    /// Whether something is left that somebody has to look at, in the files, a feed or the
    /// warehouse: exit code 3.
    pub fn needs_somebody(&self, summary: Option<&Summary>) -> bool {
        let withdrawn = if self.alert { self.withdrawn } else { 0 };
        let held = |of: &Summary| !of.refused_days.is_empty() || !of.held_customers.is_empty();
        self.rejected + self.unread + self.unreadable + self.late + withdrawn > 0
            || summary.is_some_and(held)
    }
}

/// `7 staged (1 not published yet), 1 rejected`: what there is none of is left out.
impl fmt::Display for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} staged", count(self.staged))?;
        if let Some(unpublished @ 1..) = self.unpublished {
            write!(f, " ({} not published yet)", count(unpublished))?;
        }
        for (files, state) in [
            (self.waiting, "waiting"),
            (self.rejected, "rejected"),
            (self.excluded, "excluded"),
            (self.withdrawn, "withdrawn"),
            (self.unread, "not read"),
            (self.unreadable, "with a damaged receipt"),
        ] {
            if files > 0 {
                write!(f, ", {} {state}", count(files))?;
            }
        }
        if self.late > 0 {
            write!(f, ", {} late", of(self.late, "feed"))?;
        }
        Ok(())
    }
}
