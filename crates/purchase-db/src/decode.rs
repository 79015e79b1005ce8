//! PostgreSQL's binary COPY format as staged purchases.

use std::sync::Arc;

use arrow_array::{
    RecordBatch,
    builder::{
        Decimal128Builder, Int32Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
    },
};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use crate::encode::{EPOCH, HEADER};

/// Rows of a batch.
const BATCH_ROWS: usize = 16_384;

/// Type of prices.
const PRICE: DataType = DataType::Decimal128(12, 3);

/// Thousandths from which on a price does not fit [`PRICE`].
const PRICE_LIMIT: i128 = 1_000_000_000_000;

/// Why bytes of the server are not understood.
pub(crate) type Wrong = &'static str;

/// As the dataset `user_purchase`, but an application may leave out what a vendor may not.
pub(crate) fn schema() -> Arc<Schema> {
    Arc::new(Schema::new(vec![
        Field::new("invoice_number", DataType::Utf8, true),
        Field::new("stock_code", DataType::Utf8, true),
        Field::new("detail", DataType::Utf8, true),
        Field::new("quantity", DataType::Int32, false),
        Field::new("invoice_date", DataType::Timestamp(TimeUnit::Microsecond, None), true),
        Field::new("unit_price", PRICE, false),
        Field::new("customer_id", DataType::Int64, true),
        Field::new("country", DataType::Utf8, true),
    ]))
}

/// Takes bytes in chunks of any size and gives batches.
#[derive(Default)]
pub(crate) struct Decoder {
    /// What is not decoded yet: less than a row, between two chunks.
    rest: Vec<u8>,
    is_begun: bool,
    is_complete: bool,
    invoice_number: StringBuilder,
    stock_code: StringBuilder,
    detail: StringBuilder,
    quantity: Int32Builder,
    invoice_date: TimestampMicrosecondBuilder,
    unit_price: Decimal128Builder,
    customer_id: Int64Builder,
    country: StringBuilder,
}

impl Decoder {
    /// Takes in more bytes and hands each full batch to `each`.
    pub(crate) fn push<E: From<Wrong>>(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(RecordBatch) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut held = std::mem::take(&mut self.rest);
        held.extend_from_slice(bytes);
        let mut at = 0;
        if !self.is_begun && held.len() >= HEADER.len() {
            if held[..HEADER.len()] != *HEADER {
                return Err("sent no header of binary COPY".into());
            }
            (self.is_begun, at) = (true, HEADER.len());
        }
        while self.is_begun && !self.is_complete {
            let Some(length) = self.row(&held[at..])? else { break };
            at += length;
            if self.quantity.values_slice().len() == BATCH_ROWS {
                each(self.take())?;
            }
        }
        held.drain(..at);
        self.rest = held;
        Ok(())
    }

    /// The last rows. An error where the server did not send the end.
    pub(crate) fn finish(mut self) -> Result<RecordBatch, Wrong> {
        let is_whole = self.is_complete && self.rest.is_empty();
        is_whole.then(|| self.take()).ok_or("ended COPY before the last row: try again")
    }

    /// Decodes the row at the beginning of `bytes` and returns its length; `None` where it is not
    /// all there.
    fn row(&mut self, bytes: &[u8]) -> Result<Option<usize>, Wrong> {
        let mut fields = [None; 8];
        let Some((width, mut rest)) = bytes.split_first_chunk() else { return Ok(None) };
        match i16::from_be_bytes(*width) {
            8 => {}
            -1 => {
                self.is_complete = true;
                return Ok(Some(2));
            }
            _ => return Err("sent other columns than COPY named"),
        }
        for field in &mut fields {
            let Some((length, after)) = rest.split_first_chunk() else { return Ok(None) };
            rest = after;
            // -1 is null.
            if let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) {
                let Some((value, after)) = rest.split_at_checked(length) else { return Ok(None) };
                (*field, rest) = (Some(value), after);
            }
        }
        let [invoice, stock_code, detail, quantity, date, price, customer, country] = fields;
        // Looked at before anything is appended, so that columns stay as long as each other.
        let (invoice, stock_code) = (text(invoice)?, text(stock_code)?);
        let (detail, country) = (text(detail)?, text(country)?);
        let quantity = i32::from_be_bytes(fixed(quantity)?.unwrap_or_default());
        let date = fixed(date)?.map(|date| i64::from_be_bytes(date).saturating_add(EPOCH));
        let price = price.map_or(Ok(0), numeric)?;
        let customer = fixed(customer)?.map(i64::from_be_bytes);
        self.invoice_number.append_option(invoice);
        self.stock_code.append_option(stock_code);
        self.detail.append_option(detail);
        self.quantity.append_value(quantity);
        self.invoice_date.append_option(date);
        self.unit_price.append_value(price);
        self.customer_id.append_option(customer);
        self.country.append_option(country);
        Ok(Some(bytes.len() - rest.len()))
    }

    fn take(&mut self) -> RecordBatch {
        RecordBatch::try_new(
            schema(),
            vec![
                Arc::new(self.invoice_number.finish()),
                Arc::new(self.stock_code.finish()),
                Arc::new(self.detail.finish()),
                Arc::new(self.quantity.finish()),
                Arc::new(self.invoice_date.finish()),
                Arc::new(self.unit_price.finish().with_data_type(PRICE)),
                Arc::new(self.customer_id.finish()),
                Arc::new(self.country.finish()),
            ],
        )
        .expect("columns are built as the schema")
    }
}

fn text(field: Option<&[u8]>) -> Result<Option<&str>, Wrong> {
    field.map(std::str::from_utf8).transpose().map_err(|_| "sent text that is not UTF-8")
}

fn fixed<const N: usize>(field: Option<&[u8]>) -> Result<Option<[u8; N]>, Wrong> {
    let sized = field.map(<[u8; N]>::try_from).transpose();
    sized.map_err(|_| "sent a number of another size than COPY named")
}

/// A `numeric` in thousandths, exactly.
fn numeric(bytes: &[u8]) -> Result<i128, Wrong> {
    const TOO_FINE: Wrong = "has a unit_price with more than three decimals, or beyond \
        decimal(12,3): round it";
    let words: Vec<u16> =
        bytes.chunks_exact(2).map(|word| u16::from_be_bytes([word[0], word[1]])).collect();
    let [_, weight, sign, _, digits @ ..] = &words[..] else {
        return Err("sent an invalid numeric");
    };
    let mut weight = i32::from(*weight as i16);
    // In ten-thousandths, which is where the fourth decimal would be.
    let mut value: i128 = 0;
    for digit in digits {
        let digit = i128::from(*digit);
        match weight {
            0..=3 => value += digit * 10_000_i128.pow(weight as u32 + 1),
            -1 => value += digit,
            _ if digit == 0 => {}
            _ => return Err(TOO_FINE),
        }
        weight -= 1;
    }
    let milli = value / 10;
    if value % 10 != 0 || milli >= PRICE_LIMIT {
        return Err(TOO_FINE);
    }
    match sign {
        0 => Ok(milli),
        0x4000 => Ok(-milli),
        _ => Err("has a unit_price that is not a number: correct it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[u16]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn prices_are_exact_or_refused() {
        assert_eq!(numeric(&words(&[2, 0, 0, 3, 2, 5500])), Ok(2_550));
        assert_eq!(numeric(&words(&[3, 1, 0x4000, 3, 9, 9999, 9990])), Ok(-99_999_999));
        assert_eq!(numeric(&words(&[1, 1, 0, 3, 1])), Ok(10_000_000));
        assert_eq!(numeric(&words(&[1, 0xffff, 0, 3, 10])), Ok(1));
        assert_eq!(numeric(&words(&[0, 0, 0, 3])), Ok(0));
        for wrong in [&[1, 0xffff, 0, 4, 1][..], &[1, 2, 0, 0, 10], &[0, 0, 0xc000, 0], &[1]] {
            numeric(&words(wrong)).unwrap_err();
        }
    }

    #[test]
    fn bytes_that_end_early_are_no_snapshot() {
        let mut decoder = Decoder::default();
        let none = |_: RecordBatch| Ok::<_, Wrong>(());
        decoder.push(&HEADER[..7], none).unwrap();
        decoder.push(&HEADER[7..], none).unwrap();
        assert!(decoder.finish().is_err());
        let mut decoder = Decoder::default();
        decoder.push(&[HEADER, &[0xff, 0xff]].concat(), none).unwrap();
        assert_eq!(decoder.finish().unwrap().num_rows(), 0);
        assert!(Decoder::default().push(b"PGCOPY something else", none).is_err());
    }
}
