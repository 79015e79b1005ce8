//! Progress of long work: bars on a terminal, a line for each finished file elsewhere.

use std::{io::IsTerminal, sync::Arc, time::Duration};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::{extract_user_purchase::Extracted, ingest::Ingested};

/// Where progress is shown.
pub struct Progress {
    bars: Option<MultiProgress>,
    /// Report only rejected and failed files.
    quiet: bool,
}

impl Progress {
    pub fn new(quiet: bool) -> Self {
        let bars = (!quiet && std::io::stderr().is_terminal()).then(MultiProgress::new);
        Self { bars, quiet }
    }

    /// A file is being read: what to call with the bytes done.
    pub fn file(&self, path: &str, size: u64) -> File {
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new(size));
            let style = "{msg:44!} {wide_bar} {bytes:>10} of {total_bytes:>10} {eta:>4}";
            if let Ok(style) = ProgressStyle::with_template(style) {
                bar.set_style(style);
            }
            bar.set_message(path.to_owned());
            bar
        });
        File(bar)
    }

    /// One step that has no measure.
    pub fn step(&self, text: &str) -> File {
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new_spinner());
            bar.set_message(text.to_owned());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        if bar.is_none() && !self.quiet {
            eprintln!("{text}");
        }
        File(bar)
    }

    /// A file is done. Rejected and failed files are always reported.
    pub fn done(&self, file: &Ingested) {
        if let Some(detail) = file.detail.as_ref().filter(|_| file.is_refused()) {
            let reason = file.reason.map_or("failed", |reason| reason.name());
            self.line(&format!("rejected {}: {reason}: {detail}", file.path));
        } else if file.outcome == "under_way" || file.is_refused() {
            self.line(&file.to_string());
        } else if !self.quiet && self.bars.is_none() {
            eprintln!("{file}");
        }
    }

    /// The extract from the operational database is done.
    pub fn extracted(&self, extracted: &Extracted) {
        if extracted.is_held_back() || (!self.quiet && self.bars.is_none()) {
            self.line(&extracted.to_string());
        }
    }

    /// A line that is always printed.
    pub fn line(&self, text: &str) {
        match &self.bars {
            Some(bars) => bars.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }
}

/// One bar, gone when dropped.
pub struct File(Option<ProgressBar>);

impl File {
    pub fn callback(&self) -> Option<Arc<dyn Fn(lake::Progress) + Send + Sync>> {
        let bar = self.0.clone()?;
        Some(Arc::new(move |progress| bar.set_position(progress.done)))
    }

    /// What to call with the rows done, for a step that has no other measure.
    pub fn rows(&self) -> Option<Arc<dyn Fn(u64) + Send + Sync>> {
        let bar = self.0.clone()?;
        let text = bar.message();
        Some(Arc::new(move |rows| bar.set_message(format!("{text}: {rows} rows"))))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
