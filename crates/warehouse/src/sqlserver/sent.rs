//! Counts what goes to the server.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a warehouse has sent since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// Facts, days, texts, customers and receipts.
    pub rows: u64,
    /// On the wire, encryption included.
    pub bytes: u64,
    /// Connections that were opened.
    pub connections: u64,
}

impl Sent {
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            rows: self.rows - before.rows,
            bytes: self.bytes - before.bytes,
            connections: self.connections - before.connections,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    rows: AtomicU64,
    bytes: AtomicU64,
    connections: AtomicU64,
}

impl Counters {
    pub(super) fn rows(&self, rows: u64) {
        self.rows.fetch_add(rows, Relaxed);
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    pub(super) fn sent(&self) -> Sent {
        Sent {
            rows: self.rows.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            connections: self.connections.load(Relaxed),
        }
    }
}

/// A stream whose written bytes are counted.
#[derive(Debug)]
pub(super) struct Counted<S> {
    stream: S,
    counters: Arc<Counters>,
    has_answered: Arc<AtomicBool>,
}

impl<S> Counted<S> {
    pub(super) fn new(stream: S, counters: Arc<Counters>) -> Self {
        Self { stream, counters, has_answered: Arc::default() }
    }

    /// Whether a byte has come back.
    pub(super) fn has_answered(&self) -> Arc<AtomicBool> {
        self.has_answered.clone()
    }

    fn count(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = &written {
            self.counters.bytes.fetch_add(*bytes as u64, Relaxed);
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.has_answered.store(true, Relaxed);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.count(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.count(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
