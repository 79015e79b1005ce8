//! The binary, as a user starts it.

use std::{
    path::Path,
    process::{Command, Output},
};

/// What a command said and how it ended.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The one JSON object on stdout.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is not one JSON object ({error}):\n{self:?}"))
    }

    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code\n{self:?}");
        self
    }

    #[track_caller]
    pub fn says(&self, text: &str) {
        assert!(self.stderr.contains(text), "`{text}` is not said on stderr:\n{self:?}");
    }
}

impl std::fmt::Debug for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit {}\n-- stdout\n{}\n-- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A command with the settings of this machine out of the way.
pub fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_movie-analytics"));
    command.current_dir(folder).args(args);
    for setting in [
        "LAKE",
        "WAREHOUSE",
        "USER_PURCHASE_DB",
        "ENGINE",
        "ENGINE_MEMORY_MB",
        "PII_MODE",
        "PII_KEY",
        "PII_TEXTS",
        "RETENTION_DAYS",
        "MAX_FIELD_BYTES",
        "MAX_LINE_BYTES",
        "MAX_XML_DEPTH",
        "MAX_FILE_BYTES",
        "MAX_GZIP_RATIO",
        "MAX_REFUSED_SHARE",
        "MAX_DAY_SHRINK",
        "MAX_DAY_GROWTH",
        "MAX_UNKNOWN_JUMP",
        "MAX_CUSTOMER_CHANGES",
        "CHECKS",
        "DATES_FROM",
        "DATES_TO",
        "PURCHASE_DATE_ORDER",
        "BROWSER_BY_OS",
        "WITHDRAWN",
        "PUBLISH",
        "PUBLISH_DELAY",
        "FEED_RHYTHM",
        "LAKE__blobServiceUri",
        "NO_COLOR",
        "WEBSITE_INSTANCE_ID",
    ] {
        command.env_remove(setting);
    }
    command
}

/// Runs the binary in a folder to its end.
pub fn movie_analytics(folder: &Path, args: &[&str]) -> Ran {
    command(folder, args).output().expect("the binary starts").into()
}
