//! The most memory that a process had.

use std::{
    fs,
    process::{Command, Stdio},
    thread::sleep,
    time::Duration,
};

/// Runs a command that ends well, and tells its peak of resident memory in bytes.
pub fn peak(command: &mut Command) -> u64 {
    let mut child = command.stdout(Stdio::null()).spawn().expect("the binary starts");
    // The kernel keeps the high-water mark, so it is only the last moments that may be missed.
    let mut peak = 0;
    let status = loop {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        peak = peak.max(high_water_mark(&status).unwrap_or(0));
        if let Some(status) = child.try_wait().expect("its state") {
            break status;
        }
        sleep(Duration::from_millis(2));
    };
    assert!(status.success(), "{status}");
    assert!(peak > 0, "the peak was not seen");
    peak
}

fn high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}
