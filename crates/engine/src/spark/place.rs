//! Where the cluster finds the staged files.

use lake::Lake;

use super::Address;
use crate::Error;

/// Characters by which Spark or Sail mean more than the character. A `?` stands for any one of
/// them; the attempt in the name of a staged file lets it find no other file.
const PATTERN: [char; 7] = ['*', '[', ']', '{', '}', '\\', '%'];

/// The staging container as the cluster knows it.
pub struct Place {
    staging: String,
}

impl Place {
    /// The place that the address names, or the one that follows from where the lake is:
    /// a folder stays one, an account in Azure is asked by its `dfs` address, and the emulator,
    /// which only Sail reads, by the name of the container.
    pub fn new(lake: &Lake, address: &Address) -> Result<Self, Error> {
        let of_lake = || {
            let lake = lake.describe();
            if let Some(folder) = lake.strip_prefix("file:") {
                return Some(format!("{folder}/staging"));
            }
            let (scheme, host) = lake.split_once("://")?;
            match host.split_once(".blob.") {
                Some((account, suffix)) if scheme == "https" && !suffix.contains('/') => {
                    Some(format!("abfss://staging@{account}.dfs.{suffix}"))
                }
                _ => (scheme == "http").then(|| "az://staging".to_owned()),
            }
        };
        let staging = address.lake.clone().or_else(of_lake);
        let staging = staging.ok_or_else(|| Error::NoPlace { lake: lake.describe() })?;
        Ok(Self { staging })
    }

    /// Of a name within `staging`.
    pub fn path(&self, parquet: &str) -> String {
        format!("{}/{}", self.staging, parquet.replace(PATTERN, "?"))
    }
}

#[cfg(test)]
mod tests {
    use lake::AzureLake;

    use super::*;

    fn place(lake: &Lake, engine: &str) -> Result<String, Error> {
        let address = Address::parse(engine).unwrap();
        Place::new(lake, &address).map(|place| place.path("a[1].csv/b.parquet"))
    }

    #[test]
    fn the_lake_of_the_app_is_found_from_the_cluster() {
        let azure = |uri| Lake::azure(&AzureLake::with_identity(uri, None).unwrap()).unwrap();
        let films = azure("https://films.blob.core.windows.net");
        assert_eq!(
            place(&films, "sc://h").unwrap(),
            "abfss://staging@films.dfs.core.windows.net/a?1?.csv/b.parquet"
        );
        let zoned = azure("https://films.z01.blob.storage.azure.net");
        assert!(place(&zoned, "sc://h").unwrap().contains("@films.z01.dfs.storage.azure.net/"));
        let emulator = azure("http://127.0.0.1:10000/devstoreaccount1");
        assert_eq!(place(&emulator, "sc://h").unwrap(), "az://staging/a?1?.csv/b.parquet");
        let dir = tempfile::tempdir().unwrap();
        let folder = place(&Lake::local(dir.path()).unwrap(), "sc://h").unwrap();
        assert!(folder.starts_with('/') && folder.ends_with("/staging/a?1?.csv/b.parquet"));
    }

    #[test]
    fn another_place_can_be_named_and_must_be_where_none_follows() {
        let memory = Lake::memory();
        assert!(matches!(place(&memory, "sc://h"), Err(Error::NoPlace { .. })));
        let named = place(&memory, "sc://h/;lake=dbfs:/mnt/staging/").unwrap();
        assert_eq!(named, "dbfs:/mnt/staging/a?1?.csv/b.parquet");
    }
}
