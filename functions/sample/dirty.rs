//! What vendors get wrong: rows to refuse, each for another reason, and ids that come twice.

use pipeline::Day;

use super::{Sample, Session, logs, put::digits, reviews::Reviewer};

/// The row behind which a file is dirty.
pub const AT_ROW: usize = 10;
/// A file with fewer rows stays clean.
const ENOUGH_ROWS: usize = 20;

/// A mistake in one day's files of reviews and logs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A review's id is no number; a log's XML breaks off.
    Unreadable,
    /// Commas in a review without quotes around it; a log without its device.
    Incomplete,
    /// A quote that is never closed; a log's date has a digit too many.
    Muddled,
    /// A review without its customer; an id without its log.
    Missing,
    /// An id stands twice in a file.
    Twice,
    /// An id of the day before comes again.
    Again,
}

const FAULTS: [Fault; 6] = [
    Fault::Unreadable,
    Fault::Incomplete,
    Fault::Muddled,
    Fault::Missing,
    Fault::Twice,
    Fault::Again,
];

/// The mistakes of a day: spread over the days, so that no file has many.
pub fn faults(sample: &Sample, day: u32, rows: usize) -> Vec<Fault> {
    if !sample.dirty || rows < ENOUGH_ROWS {
        return Vec::new();
    }
    let days = sample.days() as usize;
    let mine = FAULTS.into_iter().enumerate().filter(|(i, _)| i % days == day as usize);
    mine.map(|(_, fault)| fault).collect()
}

/// Appends the bad rows of a day's reviews.
pub fn reviews(
    out: &mut Vec<u8>,
    faults: &[Fault],
    today: &[Session],
    last_day: &[Session],
    reviewer: &mut Reviewer,
) {
    for fault in faults {
        match fault {
            Fault::Unreadable => out.extend_from_slice(b"12583,A waste of film.,n/a\n"),
            Fault::Incomplete => {
                out.extend_from_slice(b"12431,Slow, dull, and far too long,990001\n");
            }
            Fault::Muddled => {
                out.extend_from_slice(b"12662,\"I left early, so did everybody else,990002\n");
            }
            Fault::Missing => {
                out.extend_from_slice(b",\"Nobody signed this one, sorry.\",990003\n")
            }
            // Text and customer of another row: which of both counts is seen in the facts.
            Fault::Twice => again(out, today, reviewer),
            Fault::Again => again(out, last_day, reviewer),
        }
    }
}

fn again(out: &mut Vec<u8>, sessions: &[Session], reviewer: &mut Reviewer) {
    let Some((one, other)) = sessions.get(3).zip(sessions.get(7)) else { return };
    digits(out, other.customer.unsigned_abs());
    out.push(b',');
    reviewer.field(out, other.id);
    out.push(b',');
    digits(out, one.id.unsigned_abs());
    out.push(b'\n');
}

/// Appends the bad rows of a day's logs.
pub fn logs(
    out: &mut Vec<u8>,
    seed: u64,
    faults: &[Fault],
    ids: &[i64],
    last_day: &[Session],
    day: Day,
) {
    for fault in faults {
        match fault {
            Fault::Unreadable => changed(out, seed, day, "</os>", ""),
            Fault::Incomplete => changed(out, seed, day, "device>", "model>"),
            Fault::Muddled => changed(out, seed, day, "<logDate>", "<logDate>2"),
            Fault::Missing => out.extend_from_slice(b"990004,\n"),
            Fault::Twice => second(out, seed, ids.get(4).copied(), day),
            // A session of the day before turns out to be of today.
            Fault::Again => second(out, seed, last_day.get(5).map(|session| session.id), day),
        }
    }
}

/// Appends a log with a part of its XML replaced.
fn changed(out: &mut Vec<u8>, seed: u64, day: Day, from: &str, to: &str) {
    let mut document = Vec::new();
    logs::document(&mut document, seed, 990_005, day);
    let document = String::from_utf8_lossy(&document).replace(from, to);
    out.extend_from_slice(format!("990005,{document}\n").as_bytes());
}

/// Appends a log of an id with what another id's log says.
fn second(out: &mut Vec<u8>, seed: u64, id: Option<i64>, day: Day) {
    let Some(id) = id else { return };
    digits(out, id.unsigned_abs());
    out.push(b',');
    logs::document(out, seed, id + 500_000, day);
    out.push(b'\n');
}

/// Appends the bad rows of the purchases.
pub fn purchases(out: &mut Vec<u8>) {
    let rows = [
        "536391,22632,HAND WARMER RED POLKA DOT,six,12/1/2010 10:12,1.85,17850,United Kingdom\n",
        "536391,22633,HAND WARMER UNION JACK,6,12/1/2010 10:12,£1.85,17850,United Kingdom\n",
        "536391,84880,WHITE WIRE EGG HOLDER,6,31/12/2010 10:12,4.95,17850,United Kingdom\n",
        "536391,21080,SET/20 RED RETROSPOT PAPER NAPKINS,6,12/1/2010 10:12,,17850,United Kingdom\n",
        "536391,22866,HAND WARMER SCOTTY DOG DESIGN, SMALL,6,12/1/2010 10:12,2.1,17850,EIRE\n",
    ];
    rows.iter().for_each(|row| out.extend_from_slice(row.as_bytes()));
}
