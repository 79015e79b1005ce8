//! A run of the binary whose memory is watched.

use std::{
    fs::{self, File},
    process::Command,
    thread::sleep,
    time::Duration,
};

use super::app::Ran;

/// Runs a command to its end; also returns its peak resident memory in bytes.
pub fn watched(mut command: Command) -> (Ran, u64) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str| File::create(dir.path().join(name)).expect("a file");
    let mut child =
        command.stdout(file("out")).stderr(file("err")).spawn().expect("the binary starts");
    // The kernel keeps the high-water mark, so it is only the last moments that may be missed.
    let mut peak = 0;
    let status = loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        peak = peak.max(high_water_mark(&status).unwrap_or(0));
        if let Some(status) = child.try_wait().expect("its end") {
            break status;
        }
        sleep(Duration::from_millis(2));
    };
    assert!(peak > 0, "the peak was not seen");
    let said = |name: &str| fs::read(dir.path().join(name)).expect("what it said");
    let output = std::process::Output { status, stdout: said("out"), stderr: said("err") };
    (output.into(), peak)
}

fn high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}
