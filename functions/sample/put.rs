//! Files that change only when their bytes do.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
};

use anyhow::Context;

/// Bytes that are collected before they go to the disk.
const CHUNK: usize = 1 << 20;

/// A file being written, row by row.
pub struct Out {
    file: File,
    rows: Vec<u8>,
}

impl Out {
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.rows.extend_from_slice(bytes);
        self.end_row()
    }

    /// Where the next row goes.
    pub fn row(&mut self) -> &mut Vec<u8> {
        &mut self.rows
    }

    pub fn end_row(&mut self) -> io::Result<()> {
        if self.rows.len() < CHUNK { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.rows)?;
        self.rows.clear();
        Ok(())
    }
}

/// Makes the file `name` below `raw`. It is written under another name first, one that no
/// dataset takes for its own: so nobody sees half a file, and one with the same bytes keeps its
/// ETag.
pub fn put(
    raw: &Path,
    name: &str,
    write: impl FnOnce(&mut Out) -> io::Result<()>,
) -> anyhow::Result<()> {
    let path = raw.join(name);
    let part = path.with_extension("csv.part");
    let make = || -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut out =
            Out { file: File::create(&part)?, rows: Vec::with_capacity(CHUNK + CHUNK / 8) };
        write(&mut out)?;
        out.flush()?;
        if same(&part, &path)? { fs::remove_file(&part) } else { fs::rename(&part, &path) }
    };
    make().with_context(|| format!("cannot write the sample file {}", path.display()))
}

/// Whether the second file is there with the bytes of the first.
fn same(new: &Path, old: &Path) -> io::Result<bool> {
    let (new, old) = match (File::open(new)?, File::open(old)) {
        (new, Ok(old)) => (new, old),
        (_, Err(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        (_, Err(error)) => return Err(error),
    };
    if new.metadata()?.len() != old.metadata()?.len() {
        return Ok(false);
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    loop {
        ours.clear();
        theirs.clear();
        (&new).take(CHUNK as u64).read_to_end(&mut ours)?;
        (&old).take(CHUNK as u64).read_to_end(&mut theirs)?;
        if ours != theirs {
            return Ok(false);
        }
        if ours.is_empty() {
            return Ok(true);
        }
    }
}

/// Appends a number.
pub fn digits(out: &mut Vec<u8>, number: u64) {
    if number >= 10 {
        digits(out, number / 10);
    }
    out.push(b'0' + (number % 10) as u8);
}

/// Appends a number of two digits.
pub fn two_digits(out: &mut Vec<u8>, number: u64) {
    out.push(b'0' + (number / 10 % 10) as u8);
    out.push(b'0' + (number % 10) as u8);
}
