//! The one buffer that a file's bytes pass through, and where in the file it stands.

use memchr::memchr_iter;

/// Bytes asked for at a time: the second-level cache holds them while they are looked at, also
/// where another thread of the core uses half of it.
const CHUNK: usize = 256 << 10;

#[derive(Default)]
pub struct Buffer {
    /// Initialised bytes; those behind `end` are room for the next read.
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes of the file before `bytes[0]`.
    dropped: u64,
    /// Line breaks of the file before position `counted`.
    lines: u64,
    counted: usize,
}

impl Buffer {
    /// The bytes read so far, from position 0; those before `start` are done with.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.end]
    }

    pub fn start(&self) -> usize {
        self.start
    }

    pub fn end(&self) -> usize {
        self.end
    }

    /// Room for the next bytes. Consumed bytes are dropped. An unfinished record is kept and scanned
    /// again from its beginning; as the room doubles it, a long record is scanned twice at most.
    pub fn space(&mut self) -> &mut [u8] {
        self.line(self.start);
        self.counted = 0;
        self.dropped += self.start as u64;
        self.bytes.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let end = self.end + CHUNK.max(self.end);
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        &mut self.bytes[self.end..end]
    }

    /// Takes in the first `n` bytes of `space`.
    pub fn filled(&mut self, n: usize) {
        self.end = (self.end + n).min(self.bytes.len());
    }

    /// Everything before `at` is done with.
    pub fn consume(&mut self, at: usize) {
        self.start = at;
    }

    /// Physical line, from 1, of a position that is not before one asked for earlier.
    pub fn line(&mut self, at: usize) -> u64 {
        self.lines += memchr_iter(b'\n', &self.bytes[self.counted..at]).count() as u64;
        self.counted = at;
        self.lines + 1
    }

    /// Offset in the file of a position.
    pub fn offset(&self, at: usize) -> u64 {
        self.dropped + at as u64
    }
}
