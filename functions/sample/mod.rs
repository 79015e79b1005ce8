//! A drop of vendor files that looks like the real ones, made from a seed: what `demo` shows,
//! and what tests and benches measure.
//!
//! The same [`Sample`] gives the same bytes on every machine: whole-number arithmetic only, and
//! each row drawn from the seed and its own id, so that daily folders and single files hold the
//! same sessions.

mod dirty;
mod logs;
mod phrases;
mod purchases;
mod put;
mod reviews;
mod rng;
mod sessions;

use std::path::Path;

use pipeline::Day;

use self::{
    put::{Out, put},
    reviews::Reviewer,
    sessions::{Session, Sessions},
};

/// Mean bytes of a review's text that keep a demo small.
pub const SHORT: u64 = 300;
/// Mean bytes of a review's text in real data, for measurements.
pub const REAL: u64 = 1_300;

const REVIEW_HEADER: &[u8] = b"cid,review_str,id_review\n";
const LOG_HEADER: &[u8] = b"id_review,log\n";

/// What to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Another seed, other rows.
    pub seed: u64,
    /// Reviews, and as many logs.
    pub reviews: u64,
    /// Mean bytes of their texts: [`SHORT`] or [`REAL`].
    pub review_bytes: u64,
    /// How many in 1,000 of them are positive: 340 of real ones, 60 of texts made of random words.
    pub positive: u64,
    /// Purchase rows.
    pub purchases: u64,
    /// The first `logDate`.
    pub first_day: Day,
    /// Days that the reviews are spread over; 0 counts as 1.
    pub days: u32,
    /// Daily files hold some rows to refuse and some ids twice.
    pub dirty: bool,
}

impl Default for Sample {
    fn default() -> Self {
        let first_day = Day::from_ymd(2021, 4, 19).unwrap_or(Day(0));
        Self {
            seed: 42,
            reviews: 3_000,
            review_bytes: SHORT,
            positive: 340,
            purchases: 5_000,
            first_day,
            days: 7,
            dirty: true,
        }
    }
}

impl Sample {
    /// Writes one folder a day of reviews and logs, and the purchases, below `raw`; returns
    /// their paths relative to it. A file that is there with the same bytes is left alone.
    pub fn write(&self, raw: &Path) -> anyhow::Result<Vec<String>> {
        let mut sessions = Sessions::new(self).peekable();
        let mut reviewer = Reviewer::new(self);
        let mut written = Vec::new();
        let mut late: Vec<i64> = Vec::new();
        let mut last_day: Vec<Session> = Vec::new();
        for day in 0..self.days() {
            let mut today = Vec::new();
            while let Some(session) = sessions.next_if(|session| session.day == day) {
                today.push(session);
            }
            let faults = dirty::faults(self, day, today.len());
            let date = self.day(day);

            let name = format!("movie_review/{date}/movie_review.csv");
            put(raw, &name, |out| {
                out.write(REVIEW_HEADER)?;
                for (row, session) in today.iter().enumerate() {
                    reviewer.write(out.row(), session.id, session.customer);
                    if row == dirty::AT_ROW {
                        dirty::reviews(out.row(), &faults, &today, &last_day, &mut reviewer);
                    }
                    out.end_row()?;
                }
                Ok(())
            })?;
            written.push(name);

            let name = format!("log_reviews/{date}/log_reviews.csv");
            let (mut ids, next): (Vec<i64>, Vec<i64>) = split_logs(&today, day);
            // Those that came a day late have the smaller ids.
            ids.splice(0..0, std::mem::replace(&mut late, next));
            put(raw, &name, |out| {
                out.write(LOG_HEADER)?;
                for (row, id) in ids.iter().enumerate() {
                    logs::write(out.row(), self.seed, *id, date);
                    if row == dirty::AT_ROW {
                        dirty::logs(out.row(), self.seed, &faults, &ids, &last_day, date);
                    }
                    out.end_row()?;
                }
                Ok(())
            })?;
            written.push(name);
            last_day = today;
        }
        written.push(self.write_purchases(raw, self.dirty)?);
        Ok(written)
    }

    /// Writes one file of each kind, in flat memory; returns their paths relative to `raw`. These
    /// files are clean, whatever `dirty` says: other tools
    /// that read them for comparison stop at the first bad row.
    pub fn write_single(&self, raw: &Path) -> anyhow::Result<Vec<String>> {
        let reviews = "movie_review/movie_review.csv".to_owned();
        put(raw, &reviews, |out| {
            let mut reviewer = Reviewer::new(self);
            out.write(REVIEW_HEADER)?;
            for session in Sessions::new(self) {
                reviewer.write(out.row(), session.id, session.customer);
                out.end_row()?;
            }
            Ok(())
        })?;
        let logs = "log_reviews/log_reviews.csv".to_owned();
        put(raw, &logs, |out| {
            out.write(LOG_HEADER)?;
            for session in Sessions::new(self) {
                for (id, day) in session.logs() {
                    logs::write(out.row(), self.seed, id, self.day(day));
                }
                out.end_row()?;
            }
            Ok(())
        })?;
        let purchases = self.write_purchases(raw, false)?;
        Ok(vec![reviews, logs, purchases])
    }

    fn write_purchases(&self, raw: &Path, dirty: bool) -> anyhow::Result<String> {
        let name = "user_purchase/user_purchase.csv".to_owned();
        put(raw, &name, |out: &mut Out| {
            out.write(purchases::HEADER)?;
            let mut purchases = purchases::Purchases::new(self);
            for row in 0.. {
                if !purchases.write(out.row()) {
                    break;
                }
                if dirty && row == 4 * dirty::AT_ROW {
                    dirty::purchases(out.row());
                }
                out.end_row()?;
            }
            Ok(())
        })?;
        Ok(name)
    }

    fn days(&self) -> u32 {
        self.days.max(1)
    }

    fn day(&self, index: u32) -> Day {
        Day(self.first_day.0.saturating_add_unsigned(index))
    }
}

/// Ids of the logs of these sessions that are of `day`, and of those that come later.
fn split_logs(sessions: &[Session], day: u32) -> (Vec<i64>, Vec<i64>) {
    let logs = || sessions.iter().flat_map(Session::logs);
    let of =
        |wanted: bool| logs().filter(|log| (log.1 == day) == wanted).map(|log| log.0).collect();
    (of(true), of(false))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::MetadataExt};

    use super::*;

    /// FNV-1a: the standard library promises no hash that stays as it is.
    fn hash(raw: &Path, files: &[String]) -> u64 {
        let bytes = files.iter().flat_map(|file| fs::read(raw.join(file)).unwrap());
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_on_every_machine() {
        let made = |sample: Sample, write: fn(&Sample, &Path) -> anyhow::Result<Vec<String>>| {
            let raw = tempfile::tempdir().unwrap();
            let files = write(&sample, raw.path()).unwrap();
            hash(raw.path(), &files)
        };
        assert_eq!(made(Sample::default(), Sample::write), 8_525_975_998_921_490_191);
        let real = Sample { review_bytes: REAL, ..Sample::default() };
        assert_eq!(made(real, Sample::write_single), 622_750_805_463_257_933);
        let other = Sample { seed: 43, ..Sample::default() };
        assert_ne!(made(other, Sample::write), made(Sample::default(), Sample::write));
    }

    #[test]
    fn only_files_with_other_bytes_are_written_again() {
        let raw = tempfile::tempdir().unwrap();
        let versions = |sample: &Sample| -> Vec<u64> {
            let files = sample.write(raw.path()).unwrap();
            let inode = |file: &String| fs::metadata(raw.path().join(file)).unwrap().ino();
            files.iter().map(inode).collect()
        };
        let sample = Sample { reviews: 100, purchases: 100, days: 2, ..Sample::default() };
        let first = versions(&sample);
        assert_eq!(versions(&sample), first);
        let second = versions(&Sample { purchases: 101, ..sample });
        assert_eq!(second[..4], first[..4]);
        assert_ne!(second[4], first[4]);
        let left = fs::read_dir(raw.path().join("user_purchase")).unwrap().count();
        assert_eq!(left, 1, "nothing but the file itself");
    }

    #[test]
    fn a_sample_may_be_empty() {
        let raw = tempfile::tempdir().unwrap();
        let empty = Sample { reviews: 0, purchases: 0, days: 0, ..Sample::default() };
        let files = empty.write(raw.path()).unwrap();
        let rows = |file: &String| fs::read_to_string(raw.path().join(file)).unwrap();
        assert!(files.len() == 3 && files.iter().all(|file| rows(file).lines().count() == 1));
    }
}
