//! Rules guard themselves: rows that change under the same version fail here.

use std::sync::Arc;

use crate::common::read;
use arrow_array::{
    Array, ArrayRef, Date32Array, DictionaryArray, Int32Array, Int64Array, RecordBatch,
    StringArray,
    cast::AsArray,
    types::{Date32Type, Decimal128Type, Int32Type, Int64Type, TimestampMicrosecondType},
};
use arrow_schema::DataType;
use pipeline::{
    Dataset, Day,
    dimensions::{COUNT, DIMENSIONS},
    facts::{Direction, Fact, Interner, Logs, Spend},
    reviews::POSITIVE_WORDS,
    versions::{CLASSIFIER, FACTS, PARSER},
};

/// Rows of each kind that a rule is about: good ones, their forms, and one of each refusal.
const CORPUS: [&str; 3] = [
    "\u{feff}CID, note ,review_str,id_review\r\n7,x,\"two\nlines, \"\"quoted\"\"\",1\r\n7,,,2\n\n\
     8,é,plain,-9223372036854775808\n 9 ,,a,+3\nx,,a,4\n9,,a\n9,,\"open,5\n9,,a,6\n1.0,,a,7\n",
    "log,id_review\n\
     <reviewlog><log><logDate>04-25-2021</logDate><device>Mobile</device><location> Kansas \
     </location><os>A &amp; B</os><browser>Lynx</browser><ipAddress>9.200.232.57</ipAddress>\
     <phoneNumber>821-540-5777</phoneNumber></log></reviewlog>,1\n\
     <reviewlog><log><os><![CDATA[Linux]]></os><device>&#77;</device><location>K</location>\
     <logDate>02-29-2020</logDate><other/></log></reviewlog>,2\n\
     <reviewlog><log><logDate>02-30-2021</logDate><device>Mobile</device><location>K</location>\
     <os>L</os></log></reviewlog>,3\n\
     <reviewlog><log><logDate>04-25-2021</logDate><location>K</location><os>L</os></log>\
     </reviewlog>,4\n\
     <reviewlog><log><logDate>04-25-2021</logDate><device/><location>K</location><os>L</os></log>\
     </reviewlog>,5\n\
     <reviewlog><log>,6\n<!DOCTYPE a><reviewlog/>,7\n,8\n\
     <v:reviewlog><v:log><v:logDate>04-25-2021</v:logDate><v:device>\u{a0}e\u{301}</v:device>\
     <location>K</location><os>L</os><browser>NULL</browser></v:log></v:reviewlog>,9.0\n\
     <reviewlog><log><logDate>04-25-0021</logDate><device>Mobile</device><location>K</location>\
     <os>L</os></log></reviewlog>,10\n\
     <reviewlog><log><logDate>04-25-2021</logDate><device>Mobile</device><location>Call \
     821-540-5777</location><os>L 9.200.232.57</os><browser>B 2001:db8::7</browser><ipAddress>\
     2002:9c8:e839::1</ipAddress></log></reviewlog>,11\n",
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
     536365,85123A,LANTERN,6,12/1/2010 8:26,2.55,17850,EIRE\n\
     536366,85123A,\"A, B\",-1,2010-12-01 08:26:00,0.001,17850.0,EIRE\n\
     536367,,,1,12/31/2010 23:59,-3,,EIRE\n\
     536368,A,B,x,12/1/2010 8:26,1,1,EIRE\n536369,A,B,1,13/1/2010 8:26,1,1,EIRE\n\
     536370,A,B,1,12/1/2010 8:26,1.2345,1,EIRE\n536371,A,B,1,12/1/2010 8:26,free,1,EIRE\n\
     536372,NULL,e\u{301}\u{a0},1.0,2010-12-01T08:26:00+01:00,1,NaN,EIRE\n\
     536373,A,B,1,12-01-10 8:26,1,1,EIRE\n536374,A,B,1,0021-12-01,1,1,EIRE\n",
];

#[test]
fn staged_rows_change_with_the_version_of_their_parser_only() {
    let hashes = [0, 1, 2].map(|nth| staged(Dataset::ALL[nth], CORPUS[nth]));
    assert_eq!(
        hashes, PARSER.1,
        "the corpus is staged otherwise than by {}: raise PARSER in crates/pipeline/src/versions.rs \
         and put {hashes:#x?} beside it",
        PARSER.0
    );
}

#[test]
fn positive_words_change_with_the_version_of_the_classifier_only() {
    let mut reviews = "cid,review_str,id_review\n".to_owned();
    for (nth, word) in POSITIVE_WORDS.iter().enumerate() {
        let (upper, nbsp) = (word.to_uppercase(), format!("{word}\u{a0}"));
        let (inside, dot, un) = (format!("a\t{word} b"), format!("{word}."), format!("un{word}"));
        for (id, form) in [*word, &upper, &inside, &dot, &un, &nbsp].iter().enumerate() {
            reviews += &format!("1,{form},{}\n", 8 * nth + id);
        }
    }
    let hash = staged(Dataset::ClassifiedMovieReview, &reviews);
    assert_eq!(
        hash, CLASSIFIER.1,
        "reviews are positive otherwise than by {}: raise CLASSIFIER in \
         crates/pipeline/src/versions.rs and put {hash:#x} beside it",
        CLASSIFIER.0
    );
}

/// Ids in two files, on two days, with one and with several reviews.
#[test]
fn facts_change_with_their_version_only() {
    let days = [Day(1), Day(2)];
    let mut logs = Logs::new(&days.into(), 8, i64::MIN..=i64::MAX, u64::MAX);
    logs.push(&log_rows(&[(1, 1, 0), (2, 1, 1), (3, 1, 0), (4, 2, 1), (9, 3, 0)]), 0);
    logs.push(&log_rows(&[(2, 2, 0), (5, 1, 0), (6, 1, 0), (7, 2, 1)]), 1);
    let mut latest = logs.latest();
    latest.supersede(&log_rows(&[(7, 3, 0)]), 2);
    latest.reviews(&review_rows(&[(1, 7, 1), (3, 7, 0), (5, 8, 1)]), 1);
    latest.reviews(&review_rows(&[(1, 9, 0), (2, 7, 1), (4, 7, 1), (7, 7, 1), (99, 7, 1)]), 0);
    let facts = latest.facts();
    let purchases = read(Dataset::UserPurchase, CORPUS[2]).unwrap();
    let mut spend = Spend::default();
    purchases.rows.iter().for_each(|rows| spend.push(rows, Direction::In));
    // Codes are nobody's business.
    let texts = |fact: &Fact| {
        let texts: Vec<_> = (0..COUNT).map(|at| text(&facts.texts[at], fact.codes[at])).collect();
        (fact.day, fact.customer, texts, fact.score, fact.count)
    };
    let mut rows: Vec<_> = facts.rows.iter().map(texts).collect();
    rows.sort();
    let days: Vec<_> = facts.days.iter().map(|d| (d.day, d.matched, d.unmatched)).collect();
    let hash = fnv(&format!("{days:?} {rows:?} {:?}", spend.changes()));
    assert_eq!(
        hash, FACTS.1,
        "the same rows become other facts than by {}: raise FACTS in \
         crates/pipeline/src/versions.rs and put {hash:#x} beside it",
        FACTS.0
    );
}

fn text(texts: &Interner, code: u32) -> String {
    texts.text(code).unwrap().to_owned()
}

/// Logs: id, day, and which of two texts.
fn log_rows(rows: &[(i64, i32, i32)]) -> RecordBatch {
    let array = |array: Arc<dyn Array>| -> ArrayRef { array };
    let mut columns = vec![
        ("log_id", array(Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>()))),
        ("log_date", array(Arc::new(Date32Array::from_iter_values(rows.iter().map(|row| row.1))))),
    ];
    for dimension in &DIMENSIONS {
        let key = |row: &(i64, i32, i32)| (row.2 == 0 || dimension.is_required).then_some(row.2);
        let keys: Int32Array = rows.iter().map(key).collect();
        let texts = Arc::new(StringArray::from(vec!["one", "two"]));
        columns.push((dimension.name, Arc::new(DictionaryArray::new(keys, texts))));
    }
    RecordBatch::try_from_iter(columns).unwrap()
}

/// Reviews: id, customer, positive.
fn review_rows(rows: &[(i64, i64, i32)]) -> RecordBatch {
    RecordBatch::try_from_iter([
        ("customer_id", Arc::new(rows.iter().map(|r| r.1).collect::<Int64Array>()) as ArrayRef),
        ("is_positive", Arc::new(rows.iter().map(|r| r.2).collect::<Int32Array>())),
        ("review_id", Arc::new(rows.iter().map(|r| r.0).collect::<Int64Array>())),
    ])
    .unwrap()
}

/// Hash of everything that becomes of a file: schema, rows and refused rows.
fn staged(dataset: Dataset, file: &str) -> u64 {
    let read = read(dataset, file).unwrap();
    let mut text = format!("{:?} {:?}", read.refused, read.raw);
    for batch in &read.rows {
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            text += &format!("\n{} {}", field.name(), field.is_nullable());
            (0..batch.num_rows()).for_each(|row| text += &format!(",{}", cell(column, row)));
        }
    }
    fnv(&text)
}

fn cell(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        return "null".to_owned();
    }
    match column.data_type() {
        DataType::Int32 => column.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Date32 => column.as_primitive::<Date32Type>().value(row).to_string(),
        DataType::Timestamp(..) => {
            column.as_primitive::<TimestampMicrosecondType>().value(row).to_string()
        }
        DataType::Decimal128(_, scale) => {
            format!("{} e-{scale}", column.as_primitive::<Decimal128Type>().value(row))
        }
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        DataType::Dictionary(..) => {
            let texts = column.as_dictionary::<Int32Type>();
            cell(texts.values(), texts.key(row).unwrap())
        }
        other => panic!("what does {other} look like?"),
    }
}

/// FNV-1a: the same on every machine and in every version.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
