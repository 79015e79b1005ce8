//! Processes by their parents, as the kernel tells them.

use std::{
    fs,
    path::Path,
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

/// The living children of a process.
pub fn children(parent: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| state(*pid).is_some_and(|(_, of)| of == parent)).collect()
}

/// Ends a process on the spot.
pub fn kill(pid: u32) {
    // It fails only when the process has ended by itself.
    let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
}

/// Waits until a process is no more.
pub fn wait(pid: u32) {
    let begun = Instant::now();
    while state(pid).is_some() && begun.elapsed() < Duration::from_secs(30) {
        sleep(Duration::from_millis(5));
    }
}

/// Waits until the parent has taken notice of the end of a process.
pub fn wait_for_parent(pid: u32) {
    let begun = Instant::now();
    while Path::new(&format!("/proc/{pid}")).exists() && begun.elapsed() < Duration::from_secs(30) {
        sleep(Duration::from_millis(5));
    }
}

/// Letter of its state, and its parent. Nothing for one that waits only to be buried.
fn state(pid: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before may hold anything but ends at the last bracket.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    (state != 'Z').then_some((state, parent))
}
