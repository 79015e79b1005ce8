//! Session logs: columns by element name, refusals by element, personal data protected.

use crate::common::{Read, any_share, read, read_with};
use arrow_array::{
    Array, RecordBatch,
    cast::AsArray,
    types::{Date32Type, Int32Type, Int64Type},
};
use pipeline::{
    Dataset::ReviewLogs as LOGS,
    Day, Options,
    logs::{Pii, PiiKey},
};

fn log(inner: &str) -> String {
    format!("<reviewlog><log>{inner}</log></reviewlog>")
}

fn with(name: &str, element: &str) -> String {
    let elements = [
        ("logDate", "<logDate>04-25-2021</logDate>"),
        ("device", "<device>Mobile</device>"),
        ("location", "<location>Kansas</location>"),
        ("os", "<os>Apple iOS</os>"),
        ("ipAddress", "<ipAddress>9.200.232.57</ipAddress>"),
        ("phoneNumber", "<phoneNumber>821-540-5777</phoneNumber>"),
    ];
    let inner: String =
        elements.iter().map(|(known, text)| if *known == name { element } else { text }).collect();
    log(&inner)
}

fn file(documents: &[String]) -> String {
    let rows = documents.iter().enumerate();
    let rows: String =
        rows.map(|(i, log)| format!("{},\"{}\"\n", i + 1, log.replace('"', "\"\""))).collect();
    format!("id_review,log\n{rows}")
}

fn text(batch: &RecordBatch, column: &str, row: usize) -> Option<String> {
    let array = batch[column].as_dictionary::<Int32Type>();
    let values = array.values().as_string::<i32>();
    array.key(row).map(|key| values.value(key).to_owned())
}

fn plain(batch: &RecordBatch, column: &str, row: usize) -> Option<String> {
    let array = batch[column].as_string::<i32>();
    array.is_valid(row).then(|| array.value(row).to_owned())
}

#[test]
fn elements_become_columns_and_absent_ones_stay_null() {
    let documents = [
        with("", ""),
        log("<os> Linux </os><device>Tab &amp; Co</device><browser>Firefox</browser>\
             <logDate>02-29-2020</logDate><location>Ohio</location>"),
        with("browser", "") + " ",
        with("ipAddress", "<ipAddress/><browser></browser>"),
    ];
    let read = read(LOGS, file(&documents)).unwrap();
    assert_eq!(read.refused, []);
    let batch = &read.rows[0];
    assert_eq!(batch["log_id"].as_primitive::<Int64Type>().values(), &[1, 2, 3, 4]);
    let days = batch["log_date"].as_primitive::<Date32Type>().values();
    assert_eq!(Day(days[1]).to_string(), "2020-02-29");
    assert_eq!(text(batch, "device", 1).as_deref(), Some("Tab & Co"));
    assert_eq!(text(batch, "os", 1).as_deref(), Some("Linux"));
    assert_eq!(text(batch, "browser", 1).as_deref(), Some("Firefox"));
    assert_eq!([text(batch, "browser", 0), text(batch, "browser", 3)], [None, None]);
    assert_eq!([plain(batch, "ip", 1), plain(batch, "ip", 3)], [None, None]);
    let days: Vec<(String, u64)> =
        read.tally.days.iter().map(|(day, rows)| (day.to_string(), *rows)).collect();
    assert_eq!(days, [("2020-02-29".to_owned(), 1), ("2021-04-25".to_owned(), 3)]);
}

#[test]
fn each_refused_log_names_the_element() {
    let long = format!("<device>{}</device>", "é".repeat(201));
    let cases = [
        (with("logDate", ""), "missing_element", "logDate"),
        (with("device", ""), "missing_element", "device"),
        (with("location", "<location> </location>"), "missing_value", "location"),
        (with("os", "<os/>"), "missing_value", "os"),
        (with("logDate", "<logDate>2021-04-25</logDate>"), "bad_date", "logDate"),
        (with("logDate", "<logDate>02-30-2021</logDate>"), "bad_date", "logDate"),
        (with("device", &long), "too_long", "device"),
        (with("device", "<device>"), "malformed_xml", "log"),
        (format!("<!DOCTYPE x>{}", with("", "")), "xml_dtd", "log"),
        ("<other/>".to_owned(), "missing_element", "log"),
        (" ".to_owned(), "missing_value", "log"),
    ];
    let documents: Vec<String> = cases.iter().map(|case| case.0.clone()).collect();
    let read = read(LOGS, file(&documents)).unwrap();
    let found: Vec<(&str, &str)> = read.refused.iter().map(|r| (&*r.1, &*r.2)).collect();
    let expected: Vec<(&str, &str)> = cases.iter().map(|case| (case.1, case.2)).collect();
    assert_eq!(found, expected);
    let at_the_limit = with("device", &format!("<device>{}</device>", "é".repeat(200)));
    assert_eq!(crate::common::read(LOGS, file(&[at_the_limit])).unwrap().tally.rows_out, 1);
}

fn everything(read: &Read) -> String {
    format!("{:?} {:?} {:?}", read.rows, read.raw, read.tally)
}

#[test]
fn no_address_and_no_number_leaves_the_parser_unless_they_are_to_be_kept() {
    let documents = [
        with("", ""),
        with("device", ""),
        with("logDate", "<logDate>9.200.232.57</logDate>"),
        with("device", "<device>").replace("</log>", ""),
        with("phoneNumber", "<phoneNumber><![CDATA[821-540-5777]]></phoneNumber><bad>"),
        with("os", "<!-- 821-540-5777 -->"),
        with("ipAddress", "<ipAddress>&#57;.200.232.57</ipAddress><os>821-540-5777</os>"),
    ];
    let text = file(&documents);
    let key = PiiKey::parse(&"5e".repeat(32)).unwrap();
    for (pii, kept) in [(Pii::Mask, false), (Pii::Hash(key), false), (Pii::Keep, true)] {
        let options = Options { pii, ..any_share() };
        let read = read_with(LOGS, &options, text.as_bytes(), usize::MAX).unwrap();
        assert_eq!((read.tally.rows_out, read.tally.rows_refused), (1, 6));
        let shown = everything(&read);
        assert_eq!(shown.contains("9.200.232.57"), kept, "{shown}");
        assert_eq!(shown.contains("821-540-5777"), kept, "{shown}");
        assert!(!format!("{:?}", read.raw).contains("200.232"), "{:?}", read.raw);
    }
}
