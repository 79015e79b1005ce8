//! How the host starts the handler.

use std::{convert::Infallible, path::PathBuf, process::Stdio};

use tokio::process::Command;

use super::config::ScriptRoot;

/// What is needed to start the handler again and again.
#[derive(Debug)]
pub(crate) struct Start {
    pub program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
    variables: Vec<(String, String)>,
    pub errors_only: bool,
}

impl Start {
    pub(crate) fn new(root: &ScriptRoot, port: u16, worker: &str) -> Self {
        let description = &root.host_json.custom_handler.description;
        let expand = |text: &str| {
            // As in the host: an unknown name becomes nothing.
            let nothing = |_: &str| Ok::<_, Infallible>(String::new());
            root.settings.expand(text, nothing).unwrap_or_else(|never| match never {})
        };
        let named = expand(&description.default_executable_path);
        let base = root.path.join(description.worker_directory.as_deref().unwrap_or_default());
        let below = base.join(&named);
        // No such file: the name is left for a search in PATH.
        let program = if below.is_file() { below } else { PathBuf::from(named) };
        let quoted = description.default_worker_path.as_deref().map(|path| format!("\"{path}\""));
        let line: Vec<String> = (description.arguments.iter().cloned())
            .chain(quoted)
            .chain(description.worker_arguments.iter().cloned())
            .collect();
        let mut variables: Vec<(String, String)> =
            root.settings.all().clone().into_iter().collect();
        let root_path = root.path.display().to_string();
        variables.extend(
            [
                ("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string()),
                ("FUNCTIONS_HTTPWORKER_PORT", port.to_string()),
                ("FUNCTIONS_CUSTOMHANDLER_WORKER_ID", worker.to_owned()),
                ("FUNCTIONS_HTTPWORKER_ID", worker.to_owned()),
                ("FUNCTIONS_APP_ROOT_PATH", root_path),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        Self {
            program,
            arguments: split(&expand(&line.join(" "))),
            folder: root.path.join(description.working_directory.as_deref().unwrap_or_default()),
            variables,
            errors_only: description.use_std_error_stream_for_errors_only,
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

/// The host joins the arguments by blanks without quoting them, and .NET takes them apart again:
/// an argument with a blank needs quotes of its own.
fn split(line: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    let (mut argument, mut begun, mut quoted) = (String::new(), false, false);
    for c in line.chars() {
        match c {
            '"' => (quoted, begun) = (!quoted, true),
            ' ' | '\t' if !quoted => {
                if std::mem::take(&mut begun) {
                    arguments.push(std::mem::take(&mut argument));
                }
            }
            c => {
                argument.push(c);
                begun = true;
            }
        }
    }
    if begun {
        arguments.push(argument);
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_separate_arguments_unless_quoted() {
        assert_eq!(split("serve  --name \"two words\" \"\""), ["serve", "--name", "two words", ""]);
        assert_eq!(split(" "), [""; 0]);
    }
}
