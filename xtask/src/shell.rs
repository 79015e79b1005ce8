//! Starting other programs from the root of the repository.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

/// The cargo that runs us, as if it had been started by hand.
///
/// It describes our own package in the environment. Build scripts that look at those
/// variables would run again each time the two ways of starting cargo alternate.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Runs a command whose output goes straight to ours; anything but success is an error.
pub fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    println!("$ {line}");
    let status = command
        .current_dir(root()?)
        .status()
        .with_context(|| format!("cannot start `{line}`: install the program it names"))?;
    ensure!(status.success(), "`{line}` ended with {status}");
    Ok(())
}

/// Becomes the command, so that Ctrl-C reaches it alone and its exit code is ours. Returns only
/// when it cannot be started.
pub fn become_it(command: &mut Command) -> anyhow::Error {
    use std::os::unix::process::CommandExt;
    let line = line(command);
    anyhow::Error::new(command.exec()).context(format!("cannot start `{line}`"))
}

/// Where cargo builds: we lie there ourselves.
pub fn target() -> Result<PathBuf> {
    let ours = std::env::current_exe().context("cannot find out where xtask is")?;
    let target = ours.parent().and_then(Path::parent);
    Ok(target.context("xtask does not lie in a target folder")?.to_path_buf())
}

/// What a command prints; anything but success is an error.
pub fn output(command: &mut Command, remedy: &str) -> Result<String> {
    let output = finished(command, remedy)?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{}` ended with {}: {said}", line(command), output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command that may fail, without its output; whether it succeeded.
pub fn succeeds(command: &mut Command) -> Result<bool> {
    Ok(finished(command, "install the program it names")?.status.success())
}

fn finished(command: &mut Command, remedy: &str) -> Result<Output> {
    let done = command.current_dir(root()?).output();
    done.with_context(|| format!("cannot start `{}`: {remedy}", line(command)))
}

/// Known at run time only: a path compiled in would be wrong after the repository moves.
pub fn root() -> Result<PathBuf> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let root = package.as_deref().and_then(Path::parent);
    Ok(root.context("the repository is not known here: start this as `cargo xtask`")?.to_path_buf())
}

/// What a person would type for the command.
fn line(command: &Command) -> String {
    let set = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let set = set.map(|(name, value)| format!("{}={}", word(name), word(value)));
    let program = Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str());
    set.chain([word(program)]).chain(command.get_args().map(word)).collect::<Vec<_>>().join(" ")
}

fn word(text: &OsStr) -> String {
    let text = text.to_string_lossy();
    if text.contains(' ') { format!("\"{text}\"") } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut command = Command::new("/somewhere/bin/cargo");
        command.args(["doc", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings").env_remove("HOME");
        assert_eq!(line(&command), "RUSTDOCFLAGS=\"-D warnings\" cargo doc --no-deps");
    }
}
