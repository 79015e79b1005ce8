//! Staged purchases as PostgreSQL's binary COPY format.

use arrow_array::{
    Array, RecordBatch,
    cast::AsArray,
    types::{Decimal128Type, Int32Type, Int64Type, TimestampMicrosecondType},
};
use bytes::{BufMut, Bytes, BytesMut};

/// What every binary COPY begins with: signature, flags, length of the extension.
pub(crate) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What it ends with: a row of -1 columns.
pub(crate) const TRAILER: &[u8] = &[0xff, 0xff];

/// Microseconds from 1970 to 2000, where the server's times begin.
pub(crate) const EPOCH: i64 = 946_684_800_000_000;

/// Columns of a row, `source_file` included.
const WIDTH: i16 = 9;

/// Bytes of a row, about; more are made room for.
const ROW_BYTES: usize = 160;

/// The rows of a batch of dataset `user_purchase`, each with the file that they are from. `None`
/// where a value does not fit its column.
pub(crate) fn rows(batch: &RecordBatch, source_file: &str) -> Option<Bytes> {
    let texts = |name: &str| batch[name].as_string::<i32>();
    let (invoices, stock_codes) = (texts("invoice_number"), texts("stock_code"));
    let (details, countries) = (texts("detail"), texts("country"));
    let quantities = batch["quantity"].as_primitive::<Int32Type>();
    let dates = batch["invoice_date"].as_primitive::<TimestampMicrosecondType>();
    let prices = batch["unit_price"].as_primitive::<Decimal128Type>();
    let customers = batch["customer_id"].as_primitive::<Int64Type>();
    let mut out = BytesMut::with_capacity(batch.num_rows() * (ROW_BYTES + source_file.len()));
    for row in 0..batch.num_rows() {
        out.put_i16(WIDTH);
        text(&mut out, invoices.value(row));
        text(&mut out, stock_codes.value(row));
        text(&mut out, details.value(row));
        out.put_i32(4);
        out.put_i32(quantities.value(row));
        out.put_i32(8);
        out.put_i64(dates.value(row).checked_sub(EPOCH)?);
        numeric(&mut out, i64::try_from(prices.value(row)).ok()?);
        match customers.is_valid(row) {
            true => {
                out.put_i32(4);
                out.put_i32(i32::try_from(customers.value(row)).ok()?);
            }
            false => out.put_i32(-1),
        }
        text(&mut out, countries.value(row));
        text(&mut out, source_file);
    }
    Some(out.freeze())
}

fn text(out: &mut BytesMut, text: &str) {
    // A field is 1 MiB at most.
    out.put_i32(text.len() as i32);
    out.put_slice(text.as_bytes());
}

/// Thousandths as `numeric`: digits to the base of 10,000, without zeros at either end.
fn numeric(out: &mut BytesMut, milli: i64) {
    let (whole, fraction) = (milli.unsigned_abs() / 1_000, milli.unsigned_abs() % 1_000);
    // Weights 4 to 0 before the point, -1 behind it.
    let mut digits = [0_u16; 6];
    let mut rest = whole;
    for digit in digits[..5].iter_mut().rev() {
        *digit = (rest % 10_000) as u16;
        rest /= 10_000;
    }
    digits[5] = (fraction * 10) as u16;
    let first = digits.iter().position(|digit| *digit != 0).unwrap_or(digits.len());
    let end = digits.iter().rposition(|digit| *digit != 0).map_or(first, |last| last + 1);
    let digits = &digits[first..end];
    out.put_i32(8 + 2 * digits.len() as i32);
    out.put_i16(digits.len() as i16);
    out.put_i16(if digits.is_empty() { 0 } else { 4 - first as i16 });
    out.put_u16(if milli < 0 { 0x4000 } else { 0 });
    out.put_u16(3);
    digits.iter().for_each(|digit| out.put_u16(*digit));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_server_does() {
        for (milli, expected) in [
            // As `numeric_send` of the server writes them, without the length.
            (2_550, &[0, 2, 0, 0, 0, 0, 0, 3, 0, 2, 0x15, 0x7c][..]),
            (-99_999_999, &[0, 3, 0, 1, 0x40, 0, 0, 3, 0, 9, 0x27, 0x0f, 0x27, 0x06]),
            (10_000_000, &[0, 1, 0, 1, 0, 0, 0, 3, 0, 1]),
            (1, &[0, 1, 0xff, 0xff, 0, 0, 0, 3, 0, 10]),
            (0, &[0, 0, 0, 0, 0, 0, 0, 3]),
        ] {
            let mut out = BytesMut::new();
            numeric(&mut out, milli);
            assert_eq!(&out[4..], expected, "{milli}");
            assert_eq!(out[..4], (expected.len() as i32).to_be_bytes());
        }
    }
}
