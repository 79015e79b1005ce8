//! dist.zip. Python's `zipfile` writes it: it is there wherever packages for Azure are made
//! (zig comes by pip), and keeps the modes of files. A crate would make `cargo xtask test` begin
//! 12 seconds later. What was written is read back: without mode 0755 Azure does not start it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// A file as the central directory of a zip lists it.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    /// Permissions and kind, as in `stat`.
    pub mode: u32,
}

/// Packs these files of a folder, and nothing else.
pub fn write(folder: &Path, names: &[String], to: &Path) -> Result<()> {
    // The command line of zipfile forgets folders; this keeps names as they are given.
    const PROGRAM: &str = "\
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as zip:
    for name in sys.argv[2:]:
        zip.write(name, name)";
    let status = Command::new("python3")
        .args(["-c", PROGRAM])
        .arg(to)
        .args(names)
        .current_dir(folder)
        .status()
        .context("cannot start python3: install it, it packs the zip")?;
    ensure!(status.success(), "python3 could not write {}", to.display());
    Ok(())
}

/// Reads the central directory, which lies at the end.
pub fn read(zip: &[u8]) -> Result<Vec<Entry>> {
    const END: &[u8] = b"PK\x05\x06";
    const FILE: &[u8] = b"PK\x01\x02";
    let number = |at: usize, bytes: usize| -> Result<usize> {
        let bytes = zip.get(at..at + bytes).context("the zip ends too early")?;
        Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    };
    let end = zip.windows(END.len()).rposition(|window| window == END);
    let end = end.context("this is no zip: it has no central directory")?;
    let (count, mut at) = (number(end + 10, 2)?, number(end + 16, 4)?);
    let mut entries = Vec::new();
    for _ in 0..count {
        ensure!(zip.get(at..at + 4) == Some(FILE), "the central directory of the zip is damaged");
        let (name, extra, comment) =
            (number(at + 28, 2)?, number(at + 30, 2)?, number(at + 32, 2)?);
        let text = zip.get(at + 46..at + 46 + name).context("the zip ends too early")?;
        entries.push(Entry {
            name: String::from_utf8_lossy(text).into_owned(),
            mode: u32::try_from(number(at + 40, 2)?)?,
        });
        at += 46 + name + extra + comment;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn modes_are_kept_and_nothing_else_is_packed() {
        let folder = std::env::temp_dir().join(format!("xtask-zip-{}", std::process::id()));
        fs::create_dir_all(folder.join("f")).unwrap();
        for (name, mode) in [("program", 0o755), ("f/function.json", 0o644), ("secret", 0o600)] {
            fs::write(folder.join(name), name).unwrap();
            fs::set_permissions(folder.join(name), PermissionsExt::from_mode(mode)).unwrap();
        }
        let zip = folder.join("out.zip");
        let names = ["program", "f/function.json"].map(str::to_owned);
        write(&folder, &names, &zip).unwrap();
        let entries = read(&fs::read(&zip).unwrap()).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        let modes = [0o100_755, 0o100_644];
        let expected = names.into_iter().zip(modes).map(|(name, mode)| Entry { name, mode });
        assert_eq!(entries, expected.collect::<Vec<_>>());
        assert!(read(b"no zip").is_err());
    }
}
