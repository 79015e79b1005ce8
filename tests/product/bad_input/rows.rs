//! Classes of rows: what vendors send beside plain rows, good and bad, each with what must become
//! of it.

use crate::common::drop::log;

/// A class of rows: its name, the reason why it is refused, or none where it counts (reviews are
/// positive ones), and how a row with this id is written.
pub type Class = (&'static str, Option<&'static str>, fn(i64) -> Vec<u8>);

/// Longest field that is read.
pub const FIELD: usize = 1 << 20;

/// A text of so many bytes that is a positive review.
fn long(bytes: usize) -> String {
    format!("good {}", "x".repeat(bytes - 5))
}

/// Rows of `cid,review_str,id_review`. The customer of a row is its id modulo 100.
pub const REVIEWS: &[Class] = &[
    ("plain", None, |id| format!("{},a good film,{id}\n", id % 100).into()),
    ("doubled quotes", None, |id| format!("{},\"so \"\"very\"\" good\",{id}\n", id % 100).into()),
    ("quoted newline", None, |id| format!("{},\"so\r\ngood\",{id}\n", id % 100).into()),
    ("stray quote", None, |id| format!("{},a 5\" screen good,{id}\n", id % 100).into()),
    ("line ends with CRLF", None, |id| format!("{},Good,{id}\r\n", id % 100).into()),
    ("lone carriage return", None, |id| format!("{},good\rly,{id}\n", id % 100).into()),
    ("blanks around numbers", None, |id| format!(" {} ,good, {id} \n", id % 100).into()),
    ("field just below the limit", None, |id| {
        format!("{},{},{id}\n", id % 100, long(FIELD - 1)).into()
    }),
    ("field at the limit", None, |id| format!("{},{},{id}\n", id % 100, long(FIELD)).into()),
    ("field above the limit", Some("too_long"), |id| {
        format!("7,{},{id}\n", long(FIELD + 1)).into()
    }),
    ("quoted field above the limit", Some("too_long"), |id| {
        format!("7,\"{}\",{id}\n", long(FIELD + 1)).into()
    }),
    ("text behind a closing quote", Some("malformed_record"), |id| {
        format!("7,\"said \"good\" twice\",{id}\n").into()
    }),
    ("quote never closed", Some("malformed_record"), |id| format!("7,\"never good,{id}\n").into()),
    ("too few fields", Some("field_count"), |id| format!("7 good,{id}\n").into()),
    ("too many fields", Some("field_count"), |id| format!("7,so, good,{id}\n").into()),
    ("blanks alone", Some("field_count"), |_| b"  \n".into()),
    ("bytes that are not UTF-8", Some("invalid_utf8"), |id| {
        [b"7,good caf\xe9,".as_slice(), format!("{id}\n").as_bytes()].concat()
    }),
    ("NUL byte", Some("nul_byte"), |id| format!("7,good \0,{id}\n").into()),
    ("no customer", Some("missing_value"), |id| format!(",good,{id}\n").into()),
    ("commas alone", Some("missing_value"), |_| b",,\n".into()),
    ("customer is a word", Some("not_an_integer"), |id| format!("seven,good,{id}\n").into()),
    ("numbers with a point", None, |id| format!("{}.0,good,{id}.00\n", id % 100).into()),
    ("customer and a half", Some("not_an_integer"), |id| format!("7.5,good,{id}\n").into()),
    ("no float holds it", Some("out_of_range"), |id| format!("9007199254740993.0,a,{id}\n").into()),
    ("quotes behind a backslash", Some("malformed_record"), |id| {
        format!("7,\"said \\\"good\\\" twice\",{id}\n").into()
    }),
    ("id beyond 64 bits", Some("out_of_range"), |_| b"7,good,9223372036854775808\n".into()),
    ("customer beyond 64 bits", Some("out_of_range"), |id| {
        format!("-9223372036854775809,good,{id}\n").into()
    }),
];

/// A row of `id_review,log` with a part of its XML replaced.
fn with(id: i64, from: &str, to: &str) -> Vec<u8> {
    let plain = log("2021-04-19", "Mobile", None);
    assert!(plain.contains(from), "{from}");
    let quoted = plain.replacen(from, to, 1).replace('"', "\"\"");
    format!("{id},\"{quoted}\"\n").into()
}

/// An element that uses an entity of its own document type.
const BOMB: &str = "<!DOCTYPE b [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;\">\
    <!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;\">]><reviewlog>";
const EXTERNAL: &str = "<!DOCTYPE b [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><reviewlog>";

/// Rows of `id_review,log`. What counts is of one day, device, location and os.
pub const LOGS: &[Class] = &[
    ("plain", None, |id| with(id, "<log>", "<log>")),
    ("entities", None, |id| with(id, "Mobile", "&#77;o&#x62;ile")),
    ("CDATA", None, |id| with(id, "Mobile", "<![CDATA[Mobile]]>")),
    ("comments", None, |id| with(id, "Mobile", "Mo<!-- & -->bile")),
    ("processing instruction", None, |id| with(id, "<log>", "<log><?note a?>")),
    ("declaration", None, |id| with(id, "<reviewlog>", "<?xml version=\"1.0\"?><reviewlog>")),
    ("unknown elements", None, |id| with(id, "<log>", "<log><app><device>x</device></app>")),
    ("attributes", None, |id| with(id, "<device>", "<device made=\"a &amp; b\">")),
    ("line breaks", None, |id| with(id, "<device>Mobile", "\n<device>\n Mobile\t")),
    ("as deep as may be", None, |id| {
        with(id, "<log>", "<log><c><d><e><f><g><h/></g></f></e></d></c>")
    }),
    ("default namespace", None, |id| with(id, "<reviewlog>", "<reviewlog xmlns='urn:x'>")),
    ("prefixes", None, |id| {
        let text = String::from_utf8(with(id, "<log>", "<log>")).unwrap();
        text.replace("</", "\u{1}").replace('<', "<v:").replace('\u{1}', "</v:").into()
    }),
    ("blanks beyond ASCII", None, |id| with(id, "Mobile", "\u{a0}Mobile\u{2003}")),
    ("browser that is null", None, |id| with(id, "<os>", "<browser>NULL</browser><os>")),
    ("id with a point", None, |id| {
        let text = String::from_utf8(with(id, "<log>", "<log>")).unwrap();
        text.replacen(',', ".0,", 1).into()
    }),
    ("no address", None, |id| with(id, "<ipAddress>9.200.232.57</ipAddress>", "")),
    ("too deep", Some("malformed_xml"), |id| {
        with(id, "<log>", "<log><c><d><e><f><g><h><i/></h></g></f></e></d></c>")
    }),
    ("element not closed", Some("malformed_xml"), |id| with(id, "</os>", "")),
    ("cut off", Some("malformed_xml"), |id| with(id, "</log></reviewlog>", "</log")),
    ("unknown entity", Some("malformed_xml"), |id| with(id, "Mobile", "&mobile;")),
    ("bare ampersand", Some("malformed_xml"), |id| with(id, "Mobile", "A & B")),
    ("attribute without quotes", Some("malformed_xml"), |id| {
        with(id, "<device>", "<device made=x>")
    }),
    ("attribute twice", Some("malformed_xml"), |id| {
        with(id, "<device>", "<device a=\"1\" a=\"2\">")
    }),
    ("control character", Some("malformed_xml"), |id| with(id, "Mobile", "Mo\u{1}bile")),
    ("end of CDATA in text", Some("malformed_xml"), |id| with(id, "Mobile", "a]]>b")),
    ("element twice", Some("malformed_xml"), |id| with(id, "<os>", "<os>Mac</os><os>")),
    ("log twice", Some("malformed_xml"), |id| with(id, "</log>", "</log><log></log>")),
    ("text around", Some("malformed_xml"), |id| with(id, "</reviewlog>", "</reviewlog>.")),
    ("no XML", Some("malformed_xml"), |id| format!("{id},nothing\n").into()),
    ("entity bomb", Some("xml_dtd"), |id| with(id, "<reviewlog>", BOMB)),
    ("external entity", Some("xml_dtd"), |id| with(id, "<reviewlog>", EXTERNAL)),
    ("number in a location", Some("personal_data"), |id| with(id, "Kansas", "Call 821-540-5777")),
    ("element missing", Some("missing_element"), |id| with(id, "<os>Linux</os>", "")),
    ("log missing", Some("missing_element"), |id| format!("{id},<reviewlog/>\n").into()),
    ("element empty", Some("missing_value"), |id| with(id, "Kansas", " ")),
    ("field empty", Some("missing_value"), |id| format!("{id},\n").into()),
    ("text above 200 characters", Some("too_long"), |id| with(id, "Mobile", &"é".repeat(201))),
    ("30th of February", Some("bad_date"), |id| with(id, "04-19-2021", "02-30-2021")),
    ("ISO date", Some("bad_date"), |id| with(id, "04-19-2021", "2021-04-19")),
    ("year 0", Some("bad_date"), |id| with(id, "04-19-2021", "04-19-0000")),
    ("year 21", Some("bad_date"), |id| with(id, "04-19-2021", "04-19-0021")),
    ("year of two digits", Some("bad_date"), |id| with(id, "04-19-2021", "04-19-21")),
    ("far future", Some("bad_date"), |id| with(id, "04-19-2021", "04-19-9021")),
    ("id is no number", Some("not_an_integer"), |_| b"x,<reviewlog/>\n".into()),
];

/// Rows of purchases. Each that counts is one thing for 1.25 of the customer id modulo 100.
pub const PURCHASES: &[Class] = &[
    ("plain", None, |id| buy(id, PRICE, "1.25")),
    ("ISO date", None, |id| buy(id, DATE, "2010-12-01T08:26:00")),
    ("month first alone", None, |id| buy(id, DATE, "12/31/2010 8:26")),
    ("offset", None, |id| buy(id, DATE, "2010-12-01 09:26:00+01:00")),
    ("quantity with a point", None, |id| buy(id, QUANTITY, "1.0")),
    ("price with a zero", None, |id| buy(id, PRICE, "1.250")),
    ("number of the customer with a point", None, |id| buy(id, AFTER_CUSTOMER, ".0")),
    ("negative", None, |id| format!("{id},A,B,-1,12/1/2010 8:26,-1.25,{},EIRE\n", id % 100).into()),
    ("scientific", Some("bad_number"), |id| buy(id, PRICE, "1e5")),
    ("decimal comma", Some("bad_number"), |id| buy(id, PRICE, "\"1,5\"")),
    ("no number", Some("bad_number"), |id| buy(id, PRICE, "NaN")),
    ("infinite", Some("bad_number"), |id| buy(id, PRICE, "inf")),
    ("currency", Some("bad_number"), |id| buy(id, PRICE, "£1.25")),
    ("too fine", Some("out_of_range"), |id| buy(id, PRICE, "1.2501")),
    ("too dear", Some("out_of_range"), |id| buy(id, PRICE, "1000000000")),
    ("beyond 32 bits", Some("out_of_range"), |id| buy(id, QUANTITY, "2147483648")),
    ("half a thing", Some("not_an_integer"), |id| buy(id, QUANTITY, "0.5")),
    ("customer and a half", Some("not_an_integer"), |id| buy(id, AFTER_CUSTOMER, ".5")),
    ("day before month", Some("bad_date"), |id| buy(id, DATE, "31/12/2010 8:26")),
    ("year of two digits", Some("bad_date"), |id| buy(id, DATE, "12/1/10 8:26")),
    ("ISO year of two digits", Some("bad_date"), |id| buy(id, DATE, "12-01-10 8:26")),
    ("before all purchases", Some("bad_date"), |id| buy(id, DATE, "12/1/1910 8:26")),
    ("half of the day", Some("bad_date"), |id| buy(id, DATE, "12/1/2010 8:26 AM")),
    ("hour 24", Some("bad_date"), |id| buy(id, DATE, "12/1/2010 24:00")),
    ("no date", Some("missing_value"), |id| buy(id, DATE, "")),
    ("no price", Some("missing_value"), |id| buy(id, PRICE, " ")),
];

/// Columns of a row of purchases, and the end of its customer's number.
const QUANTITY: usize = 3;
const DATE: usize = 4;
const PRICE: usize = 5;
const AFTER_CUSTOMER: usize = 7;

/// A plain row with another text in one place.
fn buy(id: i64, place: usize, text: &str) -> Vec<u8> {
    let (invoice, customer) = (id.to_string(), (id % 100).to_string());
    let mut row = [&*invoice, "85123A", "LANTERN", "1", "12/1/2010 8:26", "1.25", &customer, ""];
    row[place] = text;
    let [invoice, code, detail, quantity, date, price, customer, after] = row;
    format!("{invoice},{code},{detail},{quantity},{date},{price},{customer}{after},EIRE\n").into()
}
