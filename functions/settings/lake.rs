//! `LAKE`: where the lake is.

use std::path::PathBuf;

use lake::AzureLake;

use super::{WrongSetting, local_path};

/// Where the lake is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LakeSetting {
    /// `file:DIR`: this folder, whose containers are its sub-folders.
    Folder(PathBuf),
    /// A storage account in Azure, or the emulator.
    Azure(AzureLake),
}

impl LakeSetting {
    /// Storage account whose events are ours; none for a local folder.
    pub fn account(&self) -> Option<String> {
        match self {
            Self::Folder(_) => None,
            Self::Azure(azure) => Some(azure.account().to_owned()),
        }
    }
}

const HELP: &str = "write file:DIR for a local folder, UseDevelopmentStorage=true for the storage \
    emulator, or a storage connection string";

/// Triggers of the host read the same setting, and know no folders.
const HELP_UNDER_HOST: &str = "write a storage connection string, or UseDevelopmentStorage=true for \
    the storage emulator; in Azure, LAKE__blobServiceUri and LAKE__queueServiceUri for a managed \
    identity; the triggers of the host read the same setting";

pub(super) fn lake(
    value: Option<String>,
    is_under_host: bool,
) -> Result<LakeSetting, WrongSetting> {
    let help = if is_under_host { HELP_UNDER_HOST } else { HELP };
    let wrong = |problem: String| WrongSetting::new("LAKE", problem);
    let value = value.ok_or_else(|| wrong(format!("not set; {help}")))?;
    // The value may hold a key: it is not repeated.
    match value.strip_prefix("file:") {
        Some(folder) if !folder.is_empty() => {
            local_path::read("LAKE", "file", folder).map(LakeSetting::Folder)
        }
        None if value.contains('=') => {
            let azure = AzureLake::from_connection_string(&value);
            azure.map(LakeSetting::Azure).map_err(|error| wrong(error.to_string()))
        }
        _ => Err(wrong(format!("unknown form; {help}"))),
    }
}

/// In Azure, by the names that the triggers of the host use too.
pub(super) fn lake_by_identity(
    blob_uri: &str,
    queue_uri: Option<&str>,
    client_id: Option<&str>,
) -> Result<LakeSetting, WrongSetting> {
    let open = |name, uri| {
        let azure = AzureLake::with_identity(uri, client_id);
        azure.map_err(|error| WrongSetting::new(name, error.to_string()))
    };
    let azure = open("LAKE__blobServiceUri", blob_uri)?;
    let queues = queue_uri.map(|uri| open("LAKE__queueServiceUri", uri)).transpose()?;
    match queues {
        Some(queues) if queues.account() != azure.account() => {
            let (theirs, ours) = (queues.account(), azure.account());
            let problem =
                format!("names the account {theirs}, but LAKE__blobServiceUri names {ours}");
            Err(WrongSetting::new("LAKE__queueServiceUri", problem))
        }
        _ => Ok(LakeSetting::Azure(azure)),
    }
}
