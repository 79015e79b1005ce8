//! Session logs of any text: staged or refused, and no address or number leaves unprotected.

use arrow_array::{Array, RecordBatch, StringArray};
use pipeline::{Dataset, Options, parser};

fn texts<'a>(rows: &'a RecordBatch, column: &str) -> impl Iterator<Item = &'a str> {
    let column = rows.column_by_name(column).expect("the column");
    let texts = column.as_any().downcast_ref::<StringArray>().expect("texts");
    texts.iter().flatten()
}

fn digits(text: &str) -> usize {
    text.chars().filter(|c| c.is_numeric()).count()
}

pub fn check(data: &[u8]) {
    let Ok(document) = std::str::from_utf8(data) else { return };
    let row = format!("1,\"{}\"\n", document.replace('"', "\"\""));
    let mut parser = parser(Dataset::ReviewLogs, &Options::default());
    let file = ["id_review,log\n", &row].concat();
    if parser.push(file.as_bytes()).and_then(|()| parser.finish()).is_err() {
        return;
    }
    assert_eq!(parser.tally().rows_in, 1);
    let (staged, refused) = (parser.take_rows(), parser.take_refused());
    assert!(staged.is_some() != refused.is_some());
    if let Some(rows) = staged {
        // A network keeps three numbers of three digits, or three of four of an IPv6 address.
        assert!(texts(&rows, "ip").all(|ip| digits(ip) <= 13), "an address is kept");
        assert!(texts(&rows, "phone_number").all(|phone| digits(phone) <= 2), "a number is kept");
    }
    if let Some(rows) = refused {
        for raw in texts(&rows, "raw") {
            let dates = raw.matches("<logDate").count();
            assert!(digits(raw) <= 8 * dates, "a digit outside of a date is kept");
        }
    }
}
