//! Session logs: one XML document a row, into typed columns.

mod browsers;
mod days;
mod element;
mod masked;
mod pii;
mod plain;
mod well_formed;
mod xml;

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use arrow_array::{
    ArrayRef, RecordBatch,
    builder::{Date32Builder, Int64Builder, StringBuilder},
};
use arrow_schema::{DataType, Field, Schema};

pub(crate) use self::element::{IP_ADDRESS, LOG_DATE, PHONE_NUMBER};
pub(crate) use self::masked::{hidden, is_in, masked};
pub use self::{
    browsers::Browsers,
    pii::{Pii, PiiKey, PiiTexts},
};
use self::{days::Days, element::Element};
use crate::{
    Dates, Day, RowReason,
    csv::{Column, Form, Record, Rows},
    dimensions::{COUNT, DIMENSIONS, place},
    limits::TEXT_CHARS,
    number::integer,
    refusal::{Expected, RowRefusal},
    texts::{Repeated, composed, is_null},
};

/// A text grows to three times its characters at most where it is brought into Unicode's form NFC.
const MOST_GROWTH: usize = 3;

const ID_REVIEW: usize = 0;
const LOG: usize = 1;

const OS: usize = place("os");
const BROWSER: usize = place("browser");

/// Rows of the dataset `review_logs`.
#[derive(Default)]
pub(crate) struct Logs {
    pii: Pii,
    browsers: Browsers,
    max_depth: usize,
    log_id: Int64Builder,
    log_date: Date32Builder,
    texts: [Repeated; COUNT],
    ip: StringBuilder,
    phone_number: StringBuilder,
    days: Days,
    reader: xml::LogReader,
    unquoted: Vec<u8>,
    protected: String,
}

impl Logs {
    /// `max_depth`: deepest nesting of elements that is read.
    pub fn new(
        pii: Pii,
        pii_texts: PiiTexts,
        browsers: Browsers,
        dates: Dates,
        max_depth: usize,
    ) -> Self {
        let texts = [(); COUNT].map(|()| Repeated::new(pii_texts));
        Self { pii, browsers, max_depth, texts, days: Days::new(dates), ..Self::default() }
    }
}

impl Rows for Logs {
    const COLUMNS: &'static [Column] = &[
        Column { name: "id_review", aliases: &["id_review"], form: Form::Whole64 },
        Column { name: "log", aliases: &["log"], form: Form::Log },
    ];

    fn schema() -> Arc<Schema> {
        let text = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let mut fields = vec![
            Field::new("log_id", DataType::Int64, false),
            Field::new("log_date", DataType::Date32, false),
        ];
        fields.extend(DIMENSIONS.map(|d| Field::new(d.name, text.clone(), !d.is_required)));
        fields.push(Field::new("ip", DataType::Utf8, true));
        fields.push(Field::new("phone_number", DataType::Utf8, true));
        Arc::new(Schema::new(fields))
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
        let day = self.days.of(required(log, LOG_DATE)?).map_err(|expected| {
            RowRefusal::of_column(RowReason::BadDate, LOG_DATE.name()).expecting(expected)
        })?;
        let mut texts = [None; COUNT];
        for (place, text) in texts.iter_mut().enumerate() {
            *text = dimension(log, place)?;
        }
        if texts[BROWSER].is_none() {
            texts[BROWSER] = texts[OS].and_then(|os| self.browsers.of(os));
        }
        let mut keys = [None; COUNT];
        for (place, text) in texts.iter().enumerate() {
            let Some(text) = text else { continue };
            let key = self.texts[place].key(text);
            let refused =
                || RowRefusal::of_column(RowReason::PersonalData, DIMENSIONS[place].element);
            keys[place] = Some(key.ok_or_else(refused)?);
        }
        let given = |element: Element| log.value(element).filter(|text| is_given(text));
        self.log_id.append_value(id);
        self.log_date.append_value(day.0);
        self.texts.iter_mut().zip(keys).for_each(|(column, key)| column.push(key));
        let (pii, protected) = (&self.pii, &mut self.protected);
        self.ip.append_option(given(IP_ADDRESS).map(|ip| pii.ip(ip, protected)));
        let phone = given(PHONE_NUMBER).map(|phone| pii.phone(phone, protected));
        self.phone_number.append_option(phone);
        self.days.count(day);
        Ok(Some(id))
    }

    fn pending(&self) -> usize {
        self.log_id.values_slice().len()
    }

    fn bytes(&self) -> usize {
        // Held twice: as texts that are known, and in the batch.
        2 * self.texts.iter().map(Repeated::new_bytes).sum::<usize>()
    }

    fn take(&mut self) -> RecordBatch {
        let mut columns: Vec<ArrayRef> =
            vec![Arc::new(self.log_id.finish()), Arc::new(self.log_date.finish())];
        columns.extend(self.texts.iter_mut().map(|texts| -> ArrayRef { Arc::new(texts.take()) }));
        columns.push(Arc::new(self.ip.finish()));
        columns.push(Arc::new(self.phone_number.finish()));
        RecordBatch::try_new(Self::schema(), columns).expect("columns are built as the schema")
    }

    fn days(&self) -> BTreeMap<Day, u64> {
        self.days.counts()
    }

    fn keep_raw<'a>(&self, line: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        masked(line).map(Cow::Owned)
    }
}

fn required<'a>(log: &xml::Log<'a>, element: Element) -> Result<&'a str, RowRefusal> {
    match log.value(element) {
        None => Err(RowRefusal::of_column(RowReason::MissingElement, element.name())),
        Some("") => Err(RowRefusal::of_column(RowReason::MissingValue, element.name())),
        Some(text) => Ok(text),
    }
}

/// Whether a text says anything.
fn is_given(text: &str) -> bool {
    !text.is_empty() && !is_null(text.as_bytes())
}

/// The text of a dimension; none where it is optional and the log has none.
fn dimension<'a>(log: &xml::Log<'a>, place: usize) -> Result<Option<&'a str>, RowRefusal> {
    let element = Element(place);
    if !DIMENSIONS[place].is_required && !log.value(element).is_some_and(is_given) {
        return Ok(None);
    }
    let text = required(log, element)?;
    if text.len() > TEXT_CHARS / MOST_GROWTH && composed(text).chars().count() > TEXT_CHARS {
        return Err(RowRefusal::of_column(RowReason::TooLong, element.name())
            .expecting(Expected::Form("a text of at most 200 characters")));
    }
    Ok(Some(text))
}
