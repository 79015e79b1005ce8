//! The forms in which programs write the same value: each is taken, or refused with its name.

use crate::common::{Read, read, read_with};
use arrow_array::{
    Array, RecordBatch,
    cast::AsArray,
    types::{Int32Type, Int64Type, TimestampMicrosecondType},
};
use pipeline::{
    Dataset::{ClassifiedMovieReview as REVIEWS, ReviewLogs as LOGS, UserPurchase as PURCHASES},
    Dates, FileReason, Options,
    logs::Browsers,
    parser,
    purchases::DateOrder,
};

const HEADER: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

/// Purchases on these dates.
fn purchases(dates: &str) -> String {
    let rows = dates.split('|').map(|date| format!("1,A,x,1,{date},1,7,F\n"));
    HEADER.to_owned() + &rows.collect::<String>()
}

fn log(inner: &str) -> String {
    format!("<reviewlog><log>{inner}</log></reviewlog>")
}

const GOOD: &str =
    "<logDate>04-25-2021</logDate><device>M</device><location>K</location><os>O</os>";

fn logs(documents: &[String]) -> String {
    let rows = documents.iter().enumerate();
    let rows = rows.map(|(id, log)| format!("{id},\"{}\"\n", log.replace('"', "\"\"")));
    "id_review,log\n".to_owned() + &rows.collect::<String>()
}

/// The texts of a dimension, row by row.
fn texts(batch: &RecordBatch, column: &str) -> Vec<Option<String>> {
    let array = batch[column].as_dictionary::<Int32Type>();
    let values = array.downcast_dict::<arrow_array::StringArray>().unwrap();
    values.into_iter().map(|text| text.map(str::to_owned)).collect()
}

fn reasons(read: &Read) -> Vec<(&str, &str)> {
    read.refused.iter().map(|refused| (&*refused.1, &*refused.2)).collect()
}

#[test]
fn a_year_of_two_digits_is_refused_in_logs_and_purchases_and_told_what_is_expected() {
    for date in ["12/1/10 8:26", "12-01-10 8:26", "10-12-01", "1/12/10"] {
        let read = read(PURCHASES, purchases(date)).unwrap();
        assert_eq!(reasons(&read), [("bad_date", "InvoiceDate")], "{date}");
        let expected = &read.tally.first_refused[0].expected;
        assert!(expected.contains("four digits") && expected.contains("2010"), "{expected}");
    }
    for date in ["04-25-21", "4/25/21", "21-04-25"] {
        let text = logs(&[log(&GOOD.replace("04-25-2021", date))]);
        let read = read(LOGS, text).unwrap();
        assert_eq!(reasons(&read), [("bad_date", "logDate")], "{date}");
        let expected = &read.tally.first_refused[0].expected;
        assert_eq!(expected, "a year of four digits, as in 12-31-2021");
    }
}

#[test]
fn dates_that_are_not_plausible_are_refused_in_logs_and_purchases() {
    let day = |text: &str| text.parse().unwrap();
    let dates = Dates::default().read_on(day("2021-04-25"));
    let limits = crate::common::any_share().limits;
    let options = Options { dates, limits, ..Options::default() };
    let documents =
        ["04-26-0021", "04-26-9021", "12-31-1989", "04-28-2021", "01-01-1990", "04-27-2021"]
            .map(|date| log(&GOOD.replace("04-25-2021", date)));
    let read = read_with(LOGS, &options, logs(&documents).as_bytes(), usize::MAX).unwrap();
    assert_eq!((reasons(&read), read.tally.rows_out), (vec![("bad_date", "logDate"); 4], 2));
    let expected = "a day from 1990-01-01 to 2021-04-27";
    assert!(read.tally.first_refused.iter().all(|row| row.expected == expected));
    let text =
        purchases("0021-04-26|4/26/9021 8:26|12/31/1989|2021-04-28 00:00|2021-04-27 23:59:59");
    let read = read_with(PURCHASES, &options, text.as_bytes(), usize::MAX).unwrap();
    assert_eq!((reasons(&read), read.tally.rows_out), (vec![("bad_date", "InvoiceDate"); 4], 1));
    // Another window is another version.
    let versions = [LOGS, PURCHASES].map(|dataset| {
        let set = Dates { to: Some(day("2030-01-01")), ..dates };
        let all = [Options::default(), Options { dates: set, ..Options::default() }];
        all.map(|options| parser::version(dataset, &options))
    });
    assert!(versions.iter().all(|[default, set]| default != set), "{versions:?}");
}

#[test]
fn a_file_whose_dates_fit_only_the_other_order_is_rejected_with_the_setting_that_reads_it() {
    let (month_first, day_first) = (DateOrder::MonthFirst, DateOrder::DayFirst);
    for (dates, order, rejected) in [
        ("31/12/2010 8:26", month_first, true),
        ("1/12/2010 8:26|2/12/2010 8:26|13/12/2010 8:26", month_first, true),
        ("1/12/2010|25/1/2011|2010-12-01", month_first, true),
        ("12/31/2010 8:26", day_first, true),
        ("1/12/2010 8:26|12/25/2010", day_first, true),
        ("1/12/2010 8:26|2/12/2010", month_first, false),
        ("1/12/2010 8:26|2/12/2010", day_first, false),
        ("12/31/2010", month_first, false),
        ("31/12/2010", day_first, false),
        ("5/5/2010|2010-12-31", month_first, false),
    ] {
        let options = Options { date_order: order, ..Options::default() };
        let read = read_with(PURCHASES, &options, purchases(dates).as_bytes(), usize::MAX);
        assert_eq!(read.is_err(), rejected, "{dates}");
        let Err(refusal) = read else { continue };
        assert_eq!(refusal.reason, FileReason::DateOrder, "{dates}");
        let (fits, reads) = (order.other().name(), order.name());
        let detail = format!(
            "its dates fit {fits} only, and are read {reads}: set PURCHASE_DATE_ORDER={fits}"
        );
        assert!(refusal.detail.starts_with(&detail), "{refusal}");
        assert!(refusal.detail.contains("; line "), "{refusal}");
    }
    // Where some prove one order and some the other, each row counts by itself.
    let read = read(PURCHASES, purchases("12/31/2010|31/12/2010|1/2/2010")).unwrap();
    assert_eq!((reasons(&read), read.tally.rows_out), (vec![("bad_date", "InvoiceDate")], 2));
}

#[test]
fn day_first_dates_are_read_so_where_the_setting_says_it() {
    let options = Options { date_order: DateOrder::DayFirst, ..Options::default() };
    let text = purchases("1/12/2010 8:26|2010-12-01 08:26");
    let read = read_with(PURCHASES, &options, text.as_bytes(), usize::MAX).unwrap();
    let times = read.rows[0]["invoice_date"].as_primitive::<TimestampMicrosecondType>();
    assert_eq!(times.values(), &[1_291_191_960_000_000; 2]);
    assert!(read.tally.date_orders.are_open());
    let version = |options: &Options| parser::version(PURCHASES, options);
    assert_ne!(version(&options), version(&Options::default()));
}

#[test]
fn whole_numbers_may_be_written_as_floats_in_every_column() {
    let read = |dataset, text: &str| {
        let read = read(dataset, text).unwrap();
        assert_eq!(read.refused, [], "{text}");
        read.rows[0].clone()
    };
    for (seventeen, five) in [("17850.0", "5.0"), ("17850.", "5.00"), (" 17850.000 ", "\u{a0}5")] {
        let rows = read(REVIEWS, &format!("cid,review_str,id_review\n{seventeen},good,{five}\n"));
        let number = |column: &str| rows[column].as_primitive::<Int64Type>().value(0);
        assert_eq!((number("customer_id"), number("review_id")), (17_850, 5));
        let rows = read(LOGS, &format!("id_review,log\n{seventeen},{}\n", log(GOOD)));
        assert_eq!(rows["log_id"].as_primitive::<Int64Type>().value(0), 17_850);
        let row = format!("{HEADER}1,A,x,{five},12/1/2010 8:26,2,{seventeen},F\n");
        let rows = read(PURCHASES, &row);
        assert_eq!(rows["quantity"].as_primitive::<Int32Type>().value(0), 5);
        assert_eq!(rows["customer_id"].as_primitive::<Int64Type>().value(0), 17_850);
    }
    let text = "cid,review_str,id_review\n1.5,a,1\n9007199254740993.0,a,1\n1e3,a,1\n1,a,1\n";
    let found = crate::common::read(REVIEWS, text).unwrap();
    let refused = ["not_an_integer", "out_of_range", "not_an_integer"].map(|why| (why, "cid"));
    assert_eq!(reasons(&found), refused);
}

#[test]
fn spellings_of_null_are_empty_where_empty_is_allowed_and_nowhere_else() {
    for null in ["NaN", "nan", "NULL", "null", "NA", "N/A", "None", "<NA>", "\\N", "NaT", ""] {
        let row = format!("{null},{null},{null},1,12/1/2010 8:26,2,{null},{null}\n");
        let read = read(PURCHASES, format!("{HEADER}{row}é,1,1,1,12/1/2010,1,1,1\n{row}")).unwrap();
        assert_eq!(read.refused, [], "{null}");
        let rows = &read.rows[0];
        for row in [0, 2] {
            assert!(rows["customer_id"].is_null(row), "{null}");
            for column in ["invoice_number", "stock_code", "detail", "country"] {
                assert_eq!(rows[column].as_string::<i32>().value(row), "", "{column} {null}");
            }
        }
    }
    for null in ["NaN", "NULL", "<NA>", "\\N", "None"] {
        let escaped = null.replace('<', "&lt;");
        let optional = ["browser", "ipAddress", "phoneNumber"]
            .map(|element| format!("<{element}>{escaped}</{element}>"));
        let read = read(LOGS, logs(&[log(&format!("{GOOD}{}", optional.concat()))])).unwrap();
        assert_eq!(read.refused, [], "{null}");
        let rows = &read.rows[0];
        assert!(["browser", "ip", "phone_number"].iter().all(|c| rows[*c].is_null(0)), "{null}");
    }
    let row = "1,A,x,NaN,12/1/2010,1,1,F\n1,A,x,1,NULL,1,1,F\n1,A,x,1,12/1/2010,NA,1,F\n\
               1,NULLS,NANA,1,12/1/2010,1,1,F\n";
    let read = read(PURCHASES, format!("{HEADER}{row}")).unwrap();
    let expected =
        [("not_an_integer", "Quantity"), ("bad_date", "InvoiceDate"), ("bad_number", "UnitPrice")];
    assert_eq!(reasons(&read), expected);
    assert_eq!(read.rows[0]["stock_code"].as_string::<i32>().value(0), "NULLS");
}

#[test]
fn quotes_behind_a_backslash_are_named() {
    for row in [
        r#"7,"He said \"good\", and left.",1"#,
        r#"7,"\"",1"#,
        r#"7,"a \", b, \"c",1"#,
        r#"7,"She wrote \"so so, ok",1"#,
    ] {
        let read = read(REVIEWS, format!("cid,review_str,id_review\n7,fine,2\n{row}\n")).unwrap();
        let first = &read.tally.first_refused[0];
        assert_eq!(first.line, 3, "{row}");
        assert!(first.expected.contains("backslash"), "{row}: {first}");
    }
    let read = read(REVIEWS, "cid,review_str,id_review\n7,\"a\"b,1\n7,C:\\,1\n").unwrap();
    assert!(!read.tally.first_refused[0].expected.contains("backslash"));
}

#[test]
fn a_line_for_spreadsheets_above_the_header_is_named() {
    for line in ["sep=,", "SEP=;", "\u{feff}sep=,\r", "\"sep=,\"", "sep=\t"] {
        let text = format!("{line}\ncid,review_str,id_review\n1,good,1\n");
        let refusal = read(REVIEWS, text).unwrap_err();
        let expected =
            "not_csv: its first line is `sep=`, which only spreadsheets know: remove the line";
        assert_eq!(refusal.to_string(), expected, "{line:?}");
    }
}

#[test]
fn xml_with_prefixes_is_read_as_without() {
    let prefixed = |prefix: &str| {
        let inner = GOOD.replace("</", "~").replace('<', &format!("<{prefix}:"));
        let inner = inner.replace('~', &format!("</{prefix}:"));
        format!(
            "<{prefix}:reviewlog xmlns:{prefix}='urn:x'><{prefix}:log>{inner}</{prefix}:log>\
             </{prefix}:reviewlog>"
        )
    };
    let documents = [
        prefixed("v"),
        prefixed("ns0"),
        format!("<reviewlog xmlns=\"urn:x\"><log>{GOOD}</log></reviewlog>"),
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{}", log(GOOD)),
        format!("\u{feff}{}", log(GOOD)),
        log(&GOOD.replace("<os>O</os>", "<v:os>O</v:os><v:browser/>")),
    ];
    let read = read(LOGS, logs(&documents)).unwrap();
    assert_eq!((reasons(&read), read.tally.rows_out), (vec![], documents.len() as u64));
    assert!(texts(&read.rows[0], "os").iter().all(|os| os.as_deref() == Some("O")));
    // One element under two prefixes is twice the same element.
    let twice = log(&format!("{GOOD}<v:os>P</v:os>"));
    let read = crate::common::read(LOGS, logs(&[twice])).unwrap();
    assert_eq!(reasons(&read), [("malformed_xml", "log")]);
}

#[test]
fn personal_data_under_a_prefix_is_protected_too() {
    let pii = "<v:ipAddress>9.200.232.57</v:ipAddress><v:phoneNumber>821-540-5777</v:phoneNumber>";
    let documents = [log(&format!("{GOOD}{pii}")), log(&format!("{pii}{GOOD}<os>again</os>"))];
    let read = read(LOGS, logs(&documents)).unwrap();
    assert_eq!((read.tally.rows_out, read.tally.rows_refused), (1, 1));
    let ip = read.rows[0]["ip"].as_string::<i32>().value(0);
    assert_eq!(ip, "9.200.232.0");
    let shown = format!("{:?} {:?} {:?}", read.rows, read.raw, read.tally);
    assert!(!shown.contains("232.57") && !shown.contains("540-57"), "{shown}");
}

#[test]
fn texts_are_one_however_their_accents_and_the_blanks_around_them_are_written() {
    let same = [
        "Québec",
        "Que\u{301}bec",
        "\u{a0}Québec ",
        "\u{2003}Que\u{301}bec\u{200b}",
        "\u{feff}Québec&#160;",
    ];
    let documents = same.map(|text| log(&GOOD.replace('K', text)));
    let read = read(LOGS, logs(&documents)).unwrap();
    assert_eq!(read.refused, []);
    let found = texts(&read.rows[0], "location");
    assert!(found.iter().all(|text| text.as_deref() == Some("Québec")), "{found:?}");
    let values = read.rows[0]["location"].as_dictionary::<Int32Type>().values().len();
    assert_eq!(values, 1);
    let rows: String = same[..4].iter().map(|t| format!("1,A,{t},1,12/1/2010,1,1,{t}\n")).collect();
    let read = crate::common::read(PURCHASES, format!("{HEADER}{rows}")).unwrap();
    for column in ["detail", "country"] {
        let texts = read.rows[0][column].as_string::<i32>();
        assert!(texts.iter().all(|text| text == Some("Québec")), "{texts:?}");
    }
    // Nothing but blanks that take no room is no text.
    let read = crate::common::read(LOGS, logs(&[log(&GOOD.replace('K', "\u{200b}"))])).unwrap();
    assert_eq!(reasons(&read), [("missing_value", "location")]);
    // Case and inner blanks are the vendor's business.
    let documents = ["Kansas", "KANSAS"].map(|text| log(&GOOD.replace('K', text)));
    let read = crate::common::read(LOGS, logs(&documents)).unwrap();
    assert_eq!(texts(&read.rows[0], "location").len(), 2);
}

#[test]
fn a_text_is_measured_as_it_is_staged() {
    for (text, fits) in [
        ("e\u{301}".repeat(200), true),
        ("e\u{301}".repeat(201), false),
        // A letter that NFC takes apart into three.
        ("\u{fb2c}".repeat(66), true),
        ("\u{fb2c}".repeat(67), false),
    ] {
        let read = read(LOGS, logs(&[log(&GOOD.replace('K', &text))])).unwrap();
        assert_eq!(read.tally.rows_out == 1, fits, "{} characters", text.chars().count());
    }
}

#[test]
fn a_browser_is_taken_from_the_list_only_where_a_log_names_none_and_the_list_has_its_system() {
    let with = |os: &str, browser: &str| log(&(GOOD.replace('O', os) + browser));
    let documents = [
        with("Apple iOS", ""),
        with("Apple iOS", "<browser>Edge</browser>"),
        with("Android", "<browser> </browser>"),
        with("Android", "<browser>NaN</browser>"),
        with("Linux", ""),
        with("apple ios", "<browser/>"),
    ];
    let browsers = |list: &str| {
        let options = Options { browsers: Browsers::parse(list).unwrap(), ..Options::default() };
        let read = read_with(LOGS, &options, logs(&documents).as_bytes(), usize::MAX).unwrap();
        (texts(&read.rows[0], "browser"), parser::version(LOGS, &options))
    };
    let text = |texts: [&str; 6]| texts.map(|t| (!t.is_empty()).then(|| t.to_owned())).to_vec();
    let (off, plain) = browsers("");
    assert_eq!(off, text(["", "Edge", "", "", "", ""]));
    let (on, with_list) = browsers("Apple iOS=Safari;Android=Chrome");
    assert_eq!(on, text(["Safari", "Edge", "Chrome", "Chrome", "", ""]));
    assert_ne!(plain, with_list);
    assert_eq!(parser::version(LOGS, &Options::default()), plain);
}

#[test]
fn purchases_are_found_under_every_known_header() {
    for header in [
        HEADER.to_owned(),
        "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n".into(),
        "invoice, stockcode ,DESCRIPTION,quantity,INVOICEDATE,price,\"customer id\",country\n"
            .into(),
        "\u{feff}Invoice,stock_code,detail,Quantity,invoice_date,UnitPrice,Customer ID,Country\n"
            .into(),
    ] {
        let read = read(PURCHASES, format!("{header}1,A,x,2,2009-12-01 07:45:00,2.5,13085.0,F\n"));
        let read = read.unwrap_or_else(|refusal| panic!("{header}: {refusal}"));
        assert_eq!((read.tally.rows_out, &read.tally.extra_columns[..]), (1, &[][..]), "{header}");
        assert_eq!(read.rows[0]["customer_id"].as_primitive::<Int64Type>().value(0), 13_085);
    }
    let both = HEADER.replace("UnitPrice", "UnitPrice,Price");
    let refusal = read(PURCHASES, both).unwrap_err();
    assert_eq!(refusal.to_string(), "missing_column: column UnitPrice appears twice in the header");
}
