//! Copies a vendor file without the rows of some people, every other byte as it is.

use super::{
    buffer::Buffer,
    header::{self, Column, Header},
    record::{Field, Record, Scan, scan},
};
use crate::{Dataset, FileReason, FileRefusal, Limits, logs::Logs, number, purchases, reviews};
use memchr::memchr;

/// What decides whether a row goes: its customer, or the review that its log belongs to.
pub type Goes<'a> = &'a mut dyn FnMut(i64) -> bool;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Bytes in, bytes out. Used as a [`FileParser`](crate::FileParser) is.
pub struct Cutter {
    columns: &'static [Column],
    /// Which of the columns says whose row it is.
    place: usize,
    /// Which of them is the id of a review, beside its customer.
    review: Option<usize>,
    limits: Limits,
    buffer: Buffer,
    fields: Vec<Field>,
    header: Option<Header>,
    rows: u64,
    reviews: Vec<i64>,
}

impl Cutter {
    /// At the start of a file of this dataset.
    pub fn new(dataset: Dataset, limits: Limits) -> Self {
        let (columns, place, review) = match dataset {
            Dataset::ClassifiedMovieReview => {
                (reviews::COLUMNS, reviews::CID, Some(reviews::ID_REVIEW))
            }
            Dataset::ReviewLogs => (<Logs as super::Rows>::COLUMNS, 0, None),
            Dataset::UserPurchase => (purchases::COLUMNS, purchases::CUSTOMER_ID, None),
        };
        let (buffer, fields, header) = Default::default();
        Self {
            columns,
            place,
            review,
            limits,
            buffer,
            fields,
            header,
            rows: 0,
            reviews: Vec::new(),
        }
    }

    /// Room for the next bytes of the file; never empty.
    pub fn space(&mut self) -> &mut [u8] {
        self.buffer.space()
    }

    /// Takes in the first `n` bytes of `space`, and appends those that stay to `kept`.
    pub fn filled(
        &mut self,
        n: usize,
        goes: Goes<'_>,
        kept: &mut Vec<u8>,
    ) -> Result<(), FileRefusal> {
        self.buffer.filled(n);
        self.read(false, goes, kept)
    }

    /// Takes in the end of the file.
    pub fn finish(&mut self, goes: Goes<'_>, kept: &mut Vec<u8>) -> Result<(), FileRefusal> {
        self.read(true, goes, kept)
    }

    /// Rows that were left out so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Reviews that were left out so far, by their ids.
    pub fn reviews(&self) -> &[i64] {
        &self.reviews
    }

    fn read(
        &mut self,
        complete: bool,
        goes: Goes<'_>,
        kept: &mut Vec<u8>,
    ) -> Result<(), FileRefusal> {
        let mut at = self.buffer.start();
        if self.buffer.offset(at) == 0 {
            match self.buffer.bytes() {
                bytes if bytes.len() < BOM.len() && !complete => return Ok(()),
                bytes if bytes.starts_with(BOM) => {
                    kept.extend_from_slice(BOM);
                    at = BOM.len();
                }
                _ => {}
            }
        }
        while at < self.buffer.end() {
            let bytes = self.buffer.bytes();
            let view = &bytes[..bytes.len().min(at + self.limits.line + 1)];
            let is_all = complete && view.len() == bytes.len();
            let end = match scan(view, at, is_all, &mut self.fields) {
                Scan::Record { end } => end,
                // As the parser does it: such a record costs its first physical line.
                Scan::Incomplete { .. } if view.len() - at <= self.limits.line => break,
                Scan::Incomplete { .. } | Scan::Malformed { .. } => {
                    self.fields.clear();
                    match memchr(b'\n', &bytes[at..]) {
                        Some(offset) => at + offset + 1,
                        None if complete => bytes.len(),
                        None => break,
                    }
                }
            };
            let is_blank = bytes[at..end].iter().all(|byte| matches!(byte, b'\r' | b'\n'));
            if is_blank || !self.is_row()? || !self.is_cut(at, end, goes) {
                kept.extend_from_slice(&self.buffer.bytes()[at..end]);
            } else {
                self.rows += 1;
            }
            at = end;
        }
        self.buffer.consume(at);
        Ok(())
    }

    /// Whether the record is a row; the first is the header.
    fn is_row(&mut self) -> Result<bool, FileRefusal> {
        if self.header.is_some() {
            return Ok(true);
        }
        let bytes = self.buffer.bytes();
        if self.fields.is_empty() {
            let detail = "its first line is no CSV header: its quotes do not close";
            return Err(FileRefusal::new(FileReason::NotCsv, detail));
        }
        let positions: Vec<usize> = (0..self.fields.len()).collect();
        let record = Record { bytes, fields: &self.fields, positions: &positions, is_ascii: false };
        self.header = Some(header::read(&record, self.columns)?);
        Ok(false)
    }

    fn is_cut(&mut self, at: usize, end: usize, goes: Goes<'_>) -> bool {
        let bytes = self.buffer.bytes();
        let whole = self.header.as_ref().filter(|header| header.width == self.fields.len());
        let parsed = whole.and_then(|header| {
            let record = Record {
                bytes,
                fields: &self.fields,
                positions: &header.positions,
                is_ascii: false,
            };
            // The same spellings as in purchases: `17850.0`, or none.
            let id = number::customer(record.raw(self.place)).ok()?;
            let review = self.review.and_then(|place| number::integer(record.raw(place)).ok());
            Some((id, review))
        });
        match parsed {
            Some((Some(id), review)) if goes(id) => {
                self.reviews.extend(review);
                true
            }
            Some(_) => false,
            // Nobody knows which column is which: any number may name somebody.
            None => numbers(&String::from_utf8_lossy(&bytes[at..end])).any(goes),
        }
    }
}

/// Every whole number that a text holds, with either sign.
pub fn numbers(text: &str) -> impl Iterator<Item = i64> {
    let digits = text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    digits.filter_map(|digits| digits.parse().ok()).flat_map(|id: i64| [id, -id])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(dataset: Dataset, text: &str, who: i64, chunk: usize) -> (String, u64, Vec<i64>) {
        let mut cutter = Cutter::new(dataset, Limits::default());
        let mut kept = Vec::new();
        for part in text.as_bytes().chunks(chunk) {
            cutter.space()[..part.len()].copy_from_slice(part);
            cutter.filled(part.len(), &mut |id| id == who, &mut kept).unwrap();
        }
        cutter.finish(&mut |id| id == who, &mut kept).unwrap();
        (String::from_utf8(kept).unwrap(), cutter.rows(), cutter.reviews().to_vec())
    }

    #[test]
    fn rows_go_and_all_other_bytes_stay_in_chunks_of_any_size() {
        let text = "\u{feff}\"id_review\",cid,review_str,more\r\n1,7,\"two\nlines, \"\"7\"\"\",x\r\n\
                    2,8,good 7,\r\n\n3, 7 ,good,\n4,7,\"open,\n5,x,y\n6,8,z,7";
        let left = "\u{feff}\"id_review\",cid,review_str,more\r\n2,8,good 7,\r\n\n5,x,y\n6,8,z,7";
        for chunk in [1, 2, 3, 7, 1000] {
            let (kept, rows, reviews) = cut(Dataset::ClassifiedMovieReview, text, 7, chunk);
            assert_eq!((kept.as_str(), rows), (left, 3), "{chunk}");
            assert_eq!(reviews, [1, 3]);
        }
        let same = cut(Dataset::ClassifiedMovieReview, text, 9, 5);
        assert_eq!(same, (text.to_owned(), 0, Vec::new()));
    }

    #[test]
    fn each_dataset_has_its_column() {
        let purchases = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,\
                         Country\n7,a,b,7,12/1/2010 8:26,7,17850.0,UK\n7,a,b,7,x,7,,UK\n";
        assert_eq!(cut(Dataset::UserPurchase, purchases, 17_850, 9).1, 1);
        assert_eq!(cut(Dataset::UserPurchase, purchases, 7, 9).1, 0);
        let logs = "id_review,log\n5,<reviewlog><log>7</log></reviewlog>\n7,<x/>\n";
        assert_eq!(cut(Dataset::ReviewLogs, logs, 7, 4).0, logs.replace("7,<x/>\n", ""));
    }
}
