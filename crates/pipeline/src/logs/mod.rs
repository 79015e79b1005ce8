//! Session logs: one XML document a row, into typed columns.

mod masked;
mod pii;
mod well_formed;
mod xml;

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use arrow_array::{
    RecordBatch,
    builder::{Date32Builder, Int64Builder, StringBuilder, StringDictionaryBuilder},
    types::Int32Type,
};
use arrow_schema::{DataType, Field, Schema};

pub(crate) use self::masked::{is_in, masked};
pub use self::pii::{Pii, PiiKey};
use crate::{
    Day, RowReason,
    csv::{Column, Record, Rows},
    number::integer,
    refusal::RowRefusal,
};

/// Longest dimension text, in characters.
const TEXT_LIMIT: usize = 200;

const ID_REVIEW: usize = 0;
const LOG: usize = 1;

/// Rows of the dataset `review_logs`.
pub struct Logs {
    pii: Pii,
    max_depth: usize,
    log_id: Int64Builder,
    log_date: Date32Builder,
    device: StringDictionaryBuilder<Int32Type>,
    os: StringDictionaryBuilder<Int32Type>,
    location: StringDictionaryBuilder<Int32Type>,
    browser: StringDictionaryBuilder<Int32Type>,
    ip: StringBuilder,
    phone_number: StringBuilder,
    days: BTreeMap<Day, u64>,
    log: xml::Log,
    unquoted: Vec<u8>,
}

impl Logs {
    /// `max_depth`: deepest nesting of elements that is read.
    pub fn new(pii: Pii, max_depth: usize) -> Self {
        Self {
            pii,
            max_depth,
            log_id: Int64Builder::new(),
            log_date: Date32Builder::new(),
            device: StringDictionaryBuilder::new(),
            os: StringDictionaryBuilder::new(),
            location: StringDictionaryBuilder::new(),
            browser: StringDictionaryBuilder::new(),
            ip: StringBuilder::new(),
            phone_number: StringBuilder::new(),
            days: BTreeMap::new(),
            log: xml::Log::default(),
            unquoted: Vec::new(),
        }
    }
}

impl Rows for Logs {
    const COLUMNS: &'static [Column] = &[
        Column { name: "id_review", aliases: &["id_review"] },
        Column { name: "log", aliases: &["log"] },
    ];

    fn schema() -> Arc<Schema> {
        let text = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        Arc::new(Schema::new(vec![
            Field::new("log_id", DataType::Int64, false),
            Field::new("log_date", DataType::Date32, false),
            Field::new("device", text(), false),
            Field::new("os", text(), false),
            Field::new("location", text(), false),
            Field::new("browser", text(), true),
            Field::new("ip", DataType::Utf8, true),
            Field::new("phone_number", DataType::Utf8, true),
        ]))
    }

    fn push(&mut self, record: &Record<'_>) -> Result<Option<i64>, RowRefusal> {
        let id = integer(record.raw(ID_REVIEW))
            .map_err(|reason| RowRefusal::of_column(reason, "id_review"))?;
        let document = record.value(LOG, &mut self.unquoted);
        if document.trim_ascii().is_empty() {
            return Err(RowRefusal::of_column(RowReason::MissingValue, "log"));
        }
        // The CSV reader has refused what is not UTF-8.
        let document = std::str::from_utf8(document)
            .map_err(|_| RowRefusal::of_column(RowReason::InvalidUtf8, "log"))?;
        self.log.read(document, self.max_depth)?;
        let log = &self.log;
        let day = date(required(log, xml::LOG_DATE)?)
            .ok_or(RowRefusal::of_column(RowReason::BadDate, "logDate"))?;
        let device = dimension(log, xml::DEVICE)?;
        let os = dimension(log, xml::OS)?;
        let location = dimension(log, xml::LOCATION)?;
        let browser = match log.value(xml::BROWSER) {
            Some(text) if !text.is_empty() => Some(dimension(log, xml::BROWSER)?),
            _ => None,
        };
        let given = |element: xml::Element| log.value(element).filter(|text| !text.is_empty());
        self.log_id.append_value(id);
        self.log_date.append_value(day.0);
        self.device.append_value(device);
        self.os.append_value(os);
        self.location.append_value(location);
        self.browser.append_option(browser);
        self.ip.append_option(given(xml::IP_ADDRESS).map(|ip| self.pii.ip(ip)));
        self.phone_number
            .append_option(given(xml::PHONE_NUMBER).map(|phone| self.pii.phone(phone)));
        *self.days.entry(day).or_default() += 1;
        Ok(Some(id))
    }

    fn pending(&self) -> usize {
        self.log_id.values_slice().len()
    }

    fn take(&mut self) -> RecordBatch {
        RecordBatch::try_new(
            Self::schema(),
            vec![
                Arc::new(self.log_id.finish()),
                Arc::new(self.log_date.finish()),
                Arc::new(self.device.finish()),
                Arc::new(self.os.finish()),
                Arc::new(self.location.finish()),
                Arc::new(self.browser.finish()),
                Arc::new(self.ip.finish()),
                Arc::new(self.phone_number.finish()),
            ],
        )
        .expect("columns are built as the schema")
    }

    fn days(&self) -> BTreeMap<Day, u64> {
        self.days.clone()
    }

    fn keep_raw<'a>(&self, line: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        masked(line).map(Cow::Owned)
    }
}

fn required(log: &xml::Log, element: xml::Element) -> Result<&str, RowRefusal> {
    match log.value(element) {
        None => Err(RowRefusal::of_column(RowReason::MissingElement, element.name())),
        Some("") => Err(RowRefusal::of_column(RowReason::MissingValue, element.name())),
        Some(text) => Ok(text),
    }
}

fn dimension(log: &xml::Log, element: xml::Element) -> Result<&str, RowRefusal> {
    let text = required(log, element)?;
    if text.len() > TEXT_LIMIT && text.chars().count() > TEXT_LIMIT {
        return Err(RowRefusal::of_column(RowReason::TooLong, element.name()));
    }
    Ok(text)
}

/// A day as logs write it: `MM-dd-yyyy`.
fn date(text: &str) -> Option<Day> {
    let digits = |range: std::ops::Range<usize>| -> Option<u32> {
        let digits = &text.as_bytes()[range];
        let all = digits.iter().all(u8::is_ascii_digit);
        all.then(|| digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
    };
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[2] != b'-' || bytes[5] != b'-' {
        return None;
    }
    Day::from_ymd(digits(6..10)? as i32, digits(0..2)?, digits(3..5)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_dates_are_month_day_year() {
        assert_eq!(date("04-25-2021"), Day::from_ymd(2021, 4, 25));
        for text in
            ["25-04-2021", "4-25-2021", "04/25/2021", "02-30-2021", "04-25-21", "", "+4-25-2021"]
        {
            assert_eq!(date(text), None, "{text}");
        }
    }
}
