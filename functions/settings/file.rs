//! `movie-analytics.toml`: settings by their names, found in the working folder or above it.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use super::{WrongSetting, names};

/// Its name.
pub const NAME: &str = "movie-analytics.toml";

/// The nearest file, and its values.
#[derive(Debug, Default)]
pub struct SettingsFile {
    /// `None` where there is no file.
    pub path: Option<PathBuf>,
    /// Values by name; a relative path of a lake or a warehouse counts from the working folder.
    pub values: BTreeMap<String, String>,
}

impl SettingsFile {
    /// Reads the file of this folder, or the nearest above it.
    pub fn find(folder: &Path) -> Result<Self, WrongSetting> {
        let start = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        for above in start.ancestors() {
            let path = above.join(NAME);
            let wrong = |problem: String| {
                WrongSetting::new(NAME, format!("cannot read {}: {problem}", path.display()))
            };
            let text = match fs::read_to_string(&path) {
                Ok(text) => text,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(wrong(error.to_string())),
            };
            let table: toml::Table =
                // The error would show the line, which may hold a secret.
                toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
            let base = (above != start).then_some(above);
            let values = read(table, base).map_err(wrong)?;
            names::check(values.keys().map(String::as_str))?;
            if let Some(name) = values.keys().find(|name| names::is_unknown(name)) {
                return Err(wrong(format!("there is no setting `{name}`")));
            }
            return Ok(Self { path: Some(path), values });
        }
        Ok(Self::default())
    }
}

fn read(table: toml::Table, base: Option<&Path>) -> Result<BTreeMap<String, String>, String> {
    table
        .into_iter()
        .map(|(name, value)| {
            let value = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Float(number) => number.to_string(),
                toml::Value::Datetime(date) => date.to_string(),
                _ => return Err(format!("write `{name}` as a text or a number")),
            };
            let value = base.map_or(value.clone(), |base| below(base, &value));
            Ok((name, value))
        })
        .collect()
}

/// A relative path of a lake or warehouse is one below the folder of the file.
fn below(base: &Path, value: &str) -> String {
    for scheme in ["file:", "sqlite:"] {
        if let Some(path) = value.strip_prefix(scheme)
            && !path.starts_with(['/', '~'])
            && !path.is_empty()
        {
            return format!("{scheme}{}", base.join(path).display());
        }
    }
    value.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str, within: &str) -> Result<SettingsFile, String> {
        let folder = tempfile::tempdir().unwrap();
        let within = folder.path().join(within);
        fs::create_dir_all(&within).unwrap();
        fs::write(folder.path().join(NAME), text).unwrap();
        SettingsFile::find(&within).map_err(|error| error.to_string())
    }

    #[test]
    fn texts_and_numbers_are_read_and_paths_count_from_the_file() {
        let text = "LAKE = \"file:lake\"\nMAX_DAY_SHRINK = 0.25\nRETENTION_DAYS = 7\n\
                    DATES_FROM = 2020-01-01\nWAREHOUSE = \"sqlite:/w.db\"\n";
        let values = find(text, ".").unwrap().values;
        assert_eq!(values["LAKE"], "file:lake");
        assert_eq!(values["MAX_DAY_SHRINK"], "0.25");
        assert_eq!((&*values["RETENTION_DAYS"], &*values["DATES_FROM"]), ("7", "2020-01-01"));
        let found = find(text, "a/b").unwrap();
        let folder = found.path.unwrap().parent().unwrap().join("lake");
        assert_eq!(found.values["LAKE"], format!("file:{}", folder.display()));
        assert_eq!(found.values["WAREHOUSE"], "sqlite:/w.db");
    }

    #[test]
    fn what_cannot_be_read_is_named_without_its_value() {
        for (text, words) in [
            ("PII_MOD = \"hash\"", "there is no setting `PII_MOD`; the nearest is PII_MODE"),
            ("COLOUR = 1", "there is no setting `COLOUR`"),
            ("LAKE = [1]", "write `LAKE` as a text or a number"),
            ("PII_KEY = \"hunter2", "cannot read"),
        ] {
            let error = find(text, ".").unwrap_err();
            assert!(error.contains(words) && !error.contains("hunter2"), "{error}");
        }
    }
}
