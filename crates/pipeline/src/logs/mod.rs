//! Session logs: one XML document a row, into typed columns.

mod days;
mod masked;
mod pii;
mod plain;
mod well_formed;
mod xml;

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use arrow_array::{
    RecordBatch,
    builder::{Date32Builder, Int64Builder, StringBuilder},
};
use arrow_schema::{DataType, Field, Schema};

use self::days::Days;
pub(crate) use self::masked::{is_in, masked};
pub use self::pii::{Pii, PiiKey};
use crate::{
    Day, RowReason,
    csv::{Column, Record, Rows},
    number::integer,
    refusal::RowRefusal,
    texts::Repeated,
};

/// Longest dimension text, in characters.
const TEXT_LIMIT: usize = 200;

const ID_REVIEW: usize = 0;
const LOG: usize = 1;

/// Rows of the dataset `review_logs`.
pub(crate) struct Logs {
    pii: Pii,
    max_depth: usize,
    log_id: Int64Builder,
    log_date: Date32Builder,
    device: Repeated,
    os: Repeated,
    location: Repeated,
    browser: Repeated,
    ip: StringBuilder,
    phone_number: StringBuilder,
    days: Days,
    reader: xml::LogReader,
    unquoted: Vec<u8>,
    protected: String,
}

impl Logs {
    /// `max_depth`: deepest nesting of elements that is read.
    pub fn new(pii: Pii, max_depth: usize) -> Self {
        Self {
            pii,
            max_depth,
            log_id: Int64Builder::new(),
            log_date: Date32Builder::new(),
            device: Repeated::default(),
            os: Repeated::default(),
            location: Repeated::default(),
            browser: Repeated::default(),
            ip: StringBuilder::new(),
            phone_number: StringBuilder::new(),
            days: Days::default(),
            reader: xml::LogReader::default(),
            unquoted: Vec::new(),
            protected: String::new(),
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
        let log = &self.reader.read(document, self.max_depth)?;
        let day = self
            .days
            .of(required(log, xml::LOG_DATE)?)
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
        self.device.push(Some(device));
        self.os.push(Some(os));
        self.location.push(Some(location));
        self.browser.push(browser);
        let (pii, protected) = (&self.pii, &mut self.protected);
        self.ip.append_option(given(xml::IP_ADDRESS).map(|ip| pii.ip(ip, protected)));
        let phone = given(xml::PHONE_NUMBER).map(|phone| pii.phone(phone, protected));
        self.phone_number.append_option(phone);
        self.days.count(day);
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
                Arc::new(self.device.take()),
                Arc::new(self.os.take()),
                Arc::new(self.location.take()),
                Arc::new(self.browser.take()),
                Arc::new(self.ip.finish()),
                Arc::new(self.phone_number.finish()),
            ],
        )
        .expect("columns are built as the schema")
    }

    fn days(&self) -> BTreeMap<Day, u64> {
        self.days.counts()
    }

    fn keep_raw<'a>(&self, line: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        masked(line).map(Cow::Owned)
    }
}

fn required<'a>(log: &xml::Log<'a>, element: xml::Element) -> Result<&'a str, RowRefusal> {
    match log.value(element) {
        None => Err(RowRefusal::of_column(RowReason::MissingElement, element.name())),
        Some("") => Err(RowRefusal::of_column(RowReason::MissingValue, element.name())),
        Some(text) => Ok(text),
    }
}

fn dimension<'a>(log: &xml::Log<'a>, element: xml::Element) -> Result<&'a str, RowRefusal> {
    let text = required(log, element)?;
    if text.len() > TEXT_LIMIT && text.chars().count() > TEXT_LIMIT {
        return Err(RowRefusal::of_column(RowReason::TooLong, element.name()));
    }
    Ok(text)
}
