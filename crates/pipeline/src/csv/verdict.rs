//! Whether a file counts in spite of the rows that were refused.

use crate::{FileReason, FileRefusal, Limits, RowReason, Tally};

/// Rows that are not UTF-8 and no accident, where no row has a sound character beyond ASCII.
const MANY: u64 = 3;

/// Refused rows that are no reason to reject a file, as long as they are not most of it: in a small
/// file one row is a large share. A day cannot vanish by them, since as many rows are left.
const FEW: u64 = 3;

/// Rejects a file that is written in another encoding.
pub fn encoding(tally: &Tally, limits: &Limits, has_utf8: bool) -> Result<(), FileRefusal> {
    let invalid = tally.refused.get(&RowReason::InvalidUtf8).copied().unwrap_or(0);
    if (invalid >= MANY && !has_utf8) || is_too_much(invalid, tally.rows_in, limits) {
        let detail = format!(
            "{invalid} of {} rows are not UTF-8 (Windows-1252?): save the file as UTF-8",
            tally.rows_in
        );
        return Err(FileRefusal::new(FileReason::WrongEncoding, detail));
    }
    Ok(())
}

/// Rejects a file with too many refused rows, whatever the reasons.
pub fn refused_rows(tally: &Tally, limits: &Limits) -> Result<(), FileRefusal> {
    let Tally { rows_in, rows_refused, refused, .. } = tally;
    let all = *rows_in > 0 && rows_in == rows_refused;
    if !all && !is_too_much(*rows_refused, *rows_in, limits) {
        return Ok(());
    }
    let mut counts: Vec<_> = refused.iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let counts: Vec<_> = counts.iter().map(|(why, n)| format!("{why} {n}")).collect();
    let counts = counts.join(", ");
    let detail = match all {
        true => format!("no row is good: {rows_refused} of {rows_in} rows are refused: {counts}"),
        false => format!(
            "{rows_refused} of {rows_in} rows are refused, more than a share of {}: {counts}",
            limits.refused_share
        ),
    };
    Err(with_first_rows(FileRefusal::new(FileReason::TooManyRefused, detail), tally))
}

/// With the first refused rows, so that whoever reads it knows what to correct.
pub fn with_first_rows(refusal: FileRefusal, tally: &Tally) -> FileRefusal {
    let FileRefusal { reason, mut detail } = refusal;
    for row in &tally.first_refused {
        detail += &format!("; {row}");
    }
    FileRefusal { reason, detail }
}

fn is_too_much(refused: u64, rows: u64, limits: &Limits) -> bool {
    let share = refused as f64 / rows.max(1) as f64;
    share > limits.refused_share && (refused > FEW || 2 * refused > rows)
}
