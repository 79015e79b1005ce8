//! Purchases of customers, with exact decimals.

mod columns;
mod order;
mod timestamp;

use std::sync::Arc;

use arrow_array::{
    ArrowPrimitiveType, PrimitiveArray, RecordBatch,
    types::{Decimal128Type, Int32Type, Int64Type, TimestampMicrosecondType},
};
use arrow_buffer::{NullBuffer, NullBufferBuilder};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use self::timestamp::Times;
pub(crate) use self::timestamp::has_short_year;
pub use self::{
    columns::Columns,
    order::{DateOrder, DateOrders},
};
use crate::{
    FileRefusal, RowReason,
    csv::{Column, Form, Record, Rows},
    dates::Dates,
    number,
    refusal::RowRefusal,
    texts::{Texts, is_null, staged, trimmed},
};

/// Largest amount of one row, in thousandths: what fits the warehouse's `decimal(18,5)`.
const AMOUNT_LIMIT: i128 = 10_i128.pow(16);

const INVOICE_NO: usize = 0;
const STOCK_CODE: usize = 1;
const DESCRIPTION: usize = 2;
const QUANTITY: usize = 3;
const INVOICE_DATE: usize = 4;
const UNIT_PRICE: usize = 5;
pub(crate) const COLUMNS: &[Column] = <Purchases as Rows>::COLUMNS;
pub(crate) const CUSTOMER_ID: usize = 6;
const COUNTRY: usize = 7;

/// Rows of the dataset `user_purchase`.
pub(crate) struct Purchases {
    invoice_number: Texts,
    stock_code: Texts,
    detail: Texts,
    quantity: Vec<i32>,
    invoice_date: Vec<i64>,
    unit_price: Vec<i128>,
    customer_id: Vec<i64>,
    has_customer: NullBufferBuilder,
    country: Texts,
    scratch: Vec<u8>,
    times: Times,
    date: Last<i64>,
    customer: Last<Option<i64>>,
    columns: Columns,
}

impl Purchases {
    pub fn new(columns: Columns, order: DateOrder, dates: Dates) -> Self {
        Self {
            invoice_number: Texts::default(),
            stock_code: Texts::default(),
            detail: Texts::default(),
            quantity: Vec::new(),
            invoice_date: Vec::new(),
            unit_price: Vec::new(),
            customer_id: Vec::new(),
            has_customer: NullBufferBuilder::new(0),
            country: Texts::default(),
            scratch: Vec::new(),
            times: Times::new(order, dates),
            date: Last::default(),
            customer: Last::default(),
            columns,
        }
    }
}

impl Rows for Purchases {
    const COLUMNS: &'static [Column] = &[
        // `Invoice`, `Price` and `Customer ID`: as the second edition of the public data set has them.
        Column {
            name: "InvoiceNo",
            aliases: &["InvoiceNo", "invoice_number", "Invoice"],
            form: Form::Text,
        },
        Column { name: "StockCode", aliases: &["StockCode", "stock_code"], form: Form::Text },
        Column { name: "Description", aliases: &["Description", "detail"], form: Form::Text },
        Column { name: "Quantity", aliases: &["Quantity"], form: Form::Whole32 },
        Column { name: "InvoiceDate", aliases: &["InvoiceDate", "invoice_date"], form: Form::Time },
        Column {
            name: "UnitPrice",
            aliases: &["UnitPrice", "unit_price", "Price"],
            form: Form::Price,
        },
        Column {
            name: "CustomerID",
            aliases: &["CustomerID", "customer_id", "Customer ID"],
            form: Form::WholeOrEmpty,
        },
        Column { name: "Country", aliases: &["Country"], form: Form::Text },
    ];

    fn schema() -> Arc<Schema> {
        Arc::new(Schema::new(vec![
            Field::new("invoice_number", DataType::Utf8, false),
            Field::new("stock_code", DataType::Utf8, false),
            Field::new("detail", DataType::Utf8, false),
            Field::new("quantity", DataType::Int32, false),
            Field::new("invoice_date", DataType::Timestamp(TimeUnit::Microsecond, None), false),
            Field::new("unit_price", DataType::Decimal128(12, 3), false),
            Field::new("customer_id", DataType::Int64, true),
            Field::new("country", DataType::Utf8, false),
        ]))
    }

    fn push(&mut self, record: &Record<'_>) -> Result<Option<i64>, RowRefusal> {
        let blame = |column: usize| {
            move |reason: RowReason| RowRefusal::of_column(reason, Self::COLUMNS[column].name)
        };
        let quantity = number::integer(record.raw(QUANTITY))
            .and_then(|number| i32::try_from(number).map_err(|_| RowReason::OutOfRange))
            .map_err(blame(QUANTITY))?;
        let date = self.date.value(record.raw(INVOICE_DATE), |text| self.times.micros(text));
        let date = date.map_err(|refusal| refusal.in_column(Self::COLUMNS[INVOICE_DATE].name))?;
        let price = number::price_milli(record.raw(UNIT_PRICE)).map_err(blame(UNIT_PRICE))?;
        let customer = self.customer.value(record.raw(CUSTOMER_ID), number::customer);
        let customer = customer.map_err(blame(CUSTOMER_ID))?;
        let price = i128::from(price);
        if (i128::from(quantity) * price).abs() >= AMOUNT_LIMIT {
            return Err(blame(UNIT_PRICE)(RowReason::OutOfRange));
        }
        let scratch = &mut self.scratch;
        for (column, limit) in self.columns.texts() {
            if length(record, column, scratch) > limit {
                return Err(blame(column)(RowReason::TooLong));
            }
        }
        if !self.columns.holds_price(price) {
            return Err(blame(UNIT_PRICE)(RowReason::OutOfRange));
        }
        if !customer.is_none_or(|customer| self.columns.holds_customer(customer)) {
            return Err(blame(CUSTOMER_ID)(RowReason::OutOfRange));
        }
        append(&mut self.invoice_number, record, INVOICE_NO, scratch);
        append(&mut self.stock_code, record, STOCK_CODE, scratch);
        append(&mut self.detail, record, DESCRIPTION, scratch);
        self.quantity.push(quantity);
        self.invoice_date.push(date);
        self.unit_price.push(price);
        self.customer_id.push(customer.unwrap_or_default());
        self.has_customer.append(customer.is_some());
        append(&mut self.country, record, COUNTRY, scratch);
        Ok(None)
    }

    fn pending(&self) -> usize {
        self.quantity.len()
    }

    fn date_orders(&self) -> DateOrders {
        self.times.orders
    }

    fn check(&self) -> Result<(), FileRefusal> {
        self.times.check_order()
    }

    fn bytes(&self) -> usize {
        let texts = [&self.invoice_number, &self.stock_code, &self.detail, &self.country];
        texts.iter().map(|texts| texts.bytes()).sum()
    }

    fn take(&mut self) -> RecordBatch {
        let customers = self.has_customer.finish();
        let prices = numbers::<Decimal128Type>(&mut self.unit_price, None);
        RecordBatch::try_new(
            Self::schema(),
            vec![
                Arc::new(self.invoice_number.take()),
                Arc::new(self.stock_code.take()),
                Arc::new(self.detail.take()),
                Arc::new(numbers::<Int32Type>(&mut self.quantity, None)),
                Arc::new(numbers::<TimestampMicrosecondType>(&mut self.invoice_date, None)),
                Arc::new(prices.with_data_type(DataType::Decimal128(12, 3))),
                Arc::new(numbers::<Int64Type>(&mut self.customer_id, customers)),
                Arc::new(self.country.take()),
            ],
        )
        .expect("columns are built as the schema")
    }
}

/// The numbers since the last batch. The next one will be about as long.
fn numbers<T: ArrowPrimitiveType>(
    values: &mut Vec<T::Native>,
    nulls: Option<NullBuffer>,
) -> PrimitiveArray<T> {
    let next = Vec::with_capacity(values.len());
    PrimitiveArray::new(std::mem::replace(values, next).into(), nulls)
}

/// What the row before had: rows of one invoice have the same.
#[derive(Default)]
struct Last<T> {
    text: Vec<u8>,
    value: T,
}

impl<T: Copy> Last<T> {
    fn value<E>(&mut self, text: &[u8], read: impl FnOnce(&[u8]) -> Result<T, E>) -> Result<T, E> {
        if self.text != text || text.is_empty() {
            self.value = read(text)?;
            self.text.clear();
            self.text.extend_from_slice(text);
        }
        Ok(self.value)
    }
}

/// Appends a text. The CSV reader has refused what is not UTF-8, and knows whether there is anything
/// beyond ASCII: if not, a text only has to be trimmed.
/// Inlined: four calls for each row would be 2 % of a file's instructions.
#[inline(always)]
fn append(texts: &mut Texts, record: &Record<'_>, column: usize, scratch: &mut Vec<u8>) {
    let text = trimmed(record.value(column, scratch));
    if is_null(text) {
        texts.push(b"");
    } else if record.is_ascii {
        texts.push(text);
    } else {
        texts.push(staged(std::str::from_utf8(text).unwrap_or_default()).as_bytes());
    }
}

/// Characters of a text as it is staged.
fn length(record: &Record<'_>, column: usize, scratch: &mut Vec<u8>) -> usize {
    let text = std::str::from_utf8(record.value(column, scratch)).unwrap_or_default();
    staged(text).chars().count()
}
