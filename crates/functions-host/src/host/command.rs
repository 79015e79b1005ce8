//! How the host starts the handler.

use std::{path::PathBuf, process::Stdio};

use tokio::process::Command;

use super::config::ScriptRoot;

/// What is needed to start the handler again and again.
pub(crate) struct Start {
    pub program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
    variables: Vec<(String, String)>,
}

impl Start {
    pub(crate) fn new(root: &ScriptRoot, port: u16, worker: &str) -> Self {
        let description = &root.host_json.custom_handler.description;
        let named = &description.default_executable_path;
        let below = root.path.join(named);
        // No such file: the name is left for a search in PATH.
        let program = if below.is_file() { below } else { PathBuf::from(named) };
        let port = port.to_string();
        let host = [
            ("FUNCTIONS_CUSTOMHANDLER_PORT", port.clone()),
            ("FUNCTIONS_HTTPWORKER_PORT", port),
            ("FUNCTIONS_CUSTOMHANDLER_WORKER_ID", worker.to_owned()),
            ("FUNCTIONS_HTTPWORKER_ID", worker.to_owned()),
            ("FUNCTIONS_APP_ROOT_PATH", root.path.display().to_string()),
        ];
        let host = host.map(|(name, value)| (name.to_owned(), value));
        Self {
            program,
            arguments: description.arguments.clone(),
            folder: root.path.clone(),
            variables: root.settings.all().clone().into_iter().chain(host).collect(),
        }
    }

    /// Killed with SIGKILL when it is dropped, as the host does.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .current_dir(&self.folder)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}
