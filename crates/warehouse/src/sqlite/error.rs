//! SQLite's errors as sentences that name the file and say what to do.

use std::path::Path;

use lake::failpoint::Failed;
use rusqlite::ErrorCode;

use crate::Error;

/// What went wrong before the file's name is known to the message.
pub(super) enum Cause {
    Sql(rusqlite::Error),
    Known(Error),
}

impl From<rusqlite::Error> for Cause {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Cause {
    fn from(error: Error) -> Self {
        Self::Known(error)
    }
}

impl From<Failed> for Cause {
    fn from(failed: Failed) -> Self {
        Self::Known(Error::Transient(failed.to_string()))
    }
}

impl Cause {
    pub(super) fn permanent(text: impl Into<String>) -> Self {
        Self::Known(Error::Permanent(text.into()))
    }

    /// The error of a warehouse that lies in `file`.
    pub(super) fn at(self, file: &Path) -> Error {
        let error = match self {
            Self::Known(error) => return error,
            Self::Sql(error) => error,
        };
        let file = file.display();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Error::Transient(format!(
                "the warehouse {file} is locked by another program: let it finish \
                 or close it, then try again"
            )),
            Some(ErrorCode::DiskFull) => Error::Transient(format!(
                "no space is left for the warehouse {file}: free some, then try again"
            )),
            Some(ErrorCode::SystemIoFailure) => Error::Transient(format!(
                "the disk of the warehouse {file} failed ({error}): check the disk, then try again"
            )),
            Some(ErrorCode::NotADatabase) => Error::Permanent(format!(
                "{file} is not a SQLite database: name another file as the warehouse"
            )),
            Some(ErrorCode::CannotOpen) => Error::Permanent(format!(
                "the warehouse {file} cannot be opened or made: name a file in a \
                 folder that you may write to"
            )),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Error::Permanent(format!(
                "the warehouse {file} cannot be written: allow writing to the file and its folder"
            )),
            Some(ErrorCode::DatabaseCorrupt) => Error::Permanent(format!(
                "the warehouse {file} is damaged: delete it and run again, it is rebuilt \
                 from the lake"
            )),
            _ => Error::Permanent(format!(
                "the warehouse {file} refused a statement ({error}): if it was edited by hand, \
                 delete it and run again, it is rebuilt from the lake"
            )),
        }
    }
}
