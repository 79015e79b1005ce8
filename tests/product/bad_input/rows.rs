//! Classes of rows: what vendors send beside plain rows, good and bad, each with what must become
//! of it.

use crate::common::drop::log;

/// What becomes of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It counts. Reviews are positive ones.
    Counts,
    /// It is refused for this reason.
    Refused(&'static str),
}

use Fate::{Counts, Refused};

/// A class of rows: its name, what becomes of it, and how a row with this id is written.
pub type Class = (&'static str, Fate, fn(i64) -> Vec<u8>);

/// Longest field that is read.
pub const FIELD: usize = 1 << 20;

/// A text of so many bytes that is a positive review.
fn long(bytes: usize) -> String {
    format!("good {}", "x".repeat(bytes - 5))
}

/// Rows of `cid,review_str,id_review`. The customer of a row is its id modulo 100.
pub const REVIEWS: &[Class] = &[
    ("plain", Counts, |id| format!("{},a good film,{id}\n", id % 100).into()),
    ("doubled quotes", Counts, |id| format!("{},\"so \"\"very\"\" good\",{id}\n", id % 100).into()),
    ("quoted newline", Counts, |id| format!("{},\"so\r\ngood\",{id}\n", id % 100).into()),
    ("stray quote", Counts, |id| format!("{},a 5\" screen good,{id}\n", id % 100).into()),
    ("line ends with CRLF", Counts, |id| format!("{},Good,{id}\r\n", id % 100).into()),
    ("lone carriage return", Counts, |id| format!("{},good\rly,{id}\n", id % 100).into()),
    ("blanks around numbers", Counts, |id| format!(" {} ,good, {id} \n", id % 100).into()),
    ("field just below the limit", Counts, |id| {
        format!("{},{},{id}\n", id % 100, long(FIELD - 1)).into()
    }),
    ("field at the limit", Counts, |id| format!("{},{},{id}\n", id % 100, long(FIELD)).into()),
    ("field above the limit", Refused("too_long"), |id| {
        format!("7,{},{id}\n", long(FIELD + 1)).into()
    }),
    ("quoted field above the limit", Refused("too_long"), |id| {
        format!("7,\"{}\",{id}\n", long(FIELD + 1)).into()
    }),
    ("text behind a closing quote", Refused("malformed_record"), |id| {
        format!("7,\"said \"good\" twice\",{id}\n").into()
    }),
    ("quote never closed", Refused("malformed_record"), |id| {
        format!("7,\"never good,{id}\n").into()
    }),
    ("too few fields", Refused("field_count"), |id| format!("7 good,{id}\n").into()),
    ("too many fields", Refused("field_count"), |id| format!("7,so, good,{id}\n").into()),
    ("blanks alone", Refused("field_count"), |_| b"  \n".into()),
    ("bytes that are not UTF-8", Refused("invalid_utf8"), |id| {
        [b"7,good caf\xe9,".as_slice(), format!("{id}\n").as_bytes()].concat()
    }),
    ("NUL byte", Refused("nul_byte"), |id| format!("7,good \0,{id}\n").into()),
    ("no customer", Refused("missing_value"), |id| format!(",good,{id}\n").into()),
    ("commas alone", Refused("missing_value"), |_| b",,\n".into()),
    ("customer is a word", Refused("not_an_integer"), |id| format!("seven,good,{id}\n").into()),
    ("customer with a point", Refused("not_an_integer"), |id| format!("7.0,good,{id}\n").into()),
    ("id beyond 64 bits", Refused("out_of_range"), |_| b"7,good,9223372036854775808\n".into()),
    ("customer beyond 64 bits", Refused("out_of_range"), |id| {
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
    ("plain", Counts, |id| with(id, "<log>", "<log>")),
    ("entities", Counts, |id| with(id, "Mobile", "&#77;o&#x62;ile")),
    ("CDATA", Counts, |id| with(id, "Mobile", "<![CDATA[Mobile]]>")),
    ("comments", Counts, |id| with(id, "Mobile", "Mo<!-- & -->bile")),
    ("processing instruction", Counts, |id| with(id, "<log>", "<log><?note a?>")),
    ("declaration", Counts, |id| with(id, "<reviewlog>", "<?xml version=\"1.0\"?><reviewlog>")),
    ("unknown elements", Counts, |id| with(id, "<log>", "<log><app><device>x</device></app>")),
    ("attributes", Counts, |id| with(id, "<device>", "<device made=\"a &amp; b\">")),
    ("line breaks", Counts, |id| with(id, "<device>Mobile", "\n<device>\n Mobile\t")),
    ("as deep as may be", Counts, |id| {
        with(id, "<log>", "<log><c><d><e><f><g><h/></g></f></e></d></c>")
    }),
    ("no address", Counts, |id| with(id, "<ipAddress>9.200.232.57</ipAddress>", "")),
    ("too deep", Refused("malformed_xml"), |id| {
        with(id, "<log>", "<log><c><d><e><f><g><h><i/></h></g></f></e></d></c>")
    }),
    ("element not closed", Refused("malformed_xml"), |id| with(id, "</os>", "")),
    ("cut off", Refused("malformed_xml"), |id| with(id, "</log></reviewlog>", "</log")),
    ("unknown entity", Refused("malformed_xml"), |id| with(id, "Mobile", "&mobile;")),
    ("bare ampersand", Refused("malformed_xml"), |id| with(id, "Mobile", "A & B")),
    ("attribute without quotes", Refused("malformed_xml"), |id| {
        with(id, "<device>", "<device made=x>")
    }),
    ("attribute twice", Refused("malformed_xml"), |id| {
        with(id, "<device>", "<device a=\"1\" a=\"2\">")
    }),
    ("control character", Refused("malformed_xml"), |id| with(id, "Mobile", "Mo\u{1}bile")),
    ("end of CDATA in text", Refused("malformed_xml"), |id| with(id, "Mobile", "a]]>b")),
    ("element twice", Refused("malformed_xml"), |id| with(id, "<os>", "<os>Mac</os><os>")),
    ("log twice", Refused("malformed_xml"), |id| with(id, "</log>", "</log><log></log>")),
    ("text around", Refused("malformed_xml"), |id| with(id, "</reviewlog>", "</reviewlog>.")),
    ("no XML", Refused("malformed_xml"), |id| format!("{id},nothing\n").into()),
    ("entity bomb", Refused("xml_dtd"), |id| with(id, "<reviewlog>", BOMB)),
    ("external entity", Refused("xml_dtd"), |id| with(id, "<reviewlog>", EXTERNAL)),
    ("element missing", Refused("missing_element"), |id| with(id, "<os>Linux</os>", "")),
    ("log missing", Refused("missing_element"), |id| format!("{id},<reviewlog/>\n").into()),
    ("element empty", Refused("missing_value"), |id| with(id, "Kansas", " ")),
    ("field empty", Refused("missing_value"), |id| format!("{id},\n").into()),
    ("text above 200 characters", Refused("too_long"), |id| with(id, "Mobile", &"é".repeat(201))),
    ("30th of February", Refused("bad_date"), |id| with(id, "04-19-2021", "02-30-2021")),
    ("ISO date", Refused("bad_date"), |id| with(id, "04-19-2021", "2021-04-19")),
    ("year 0", Refused("bad_date"), |id| with(id, "04-19-2021", "04-19-0000")),
    ("id is no number", Refused("not_an_integer"), |_| b"x,<reviewlog/>\n".into()),
];

/// Rows of purchases. Each that counts is one thing for 1.25 of the customer id modulo 100.
pub const PURCHASES: &[Class] = &[
    ("plain", Counts, |id| buy(id, "1", "12/1/2010 8:26", "1.25", "")),
    ("ISO date", Counts, |id| buy(id, "1", "2010-12-01T08:26:00", "1.25", "")),
    ("number of the customer with a point", Counts, |id| {
        buy(id, "1", "12/1/2010 8:26", "1.250", ".0")
    }),
    ("negative", Counts, |id| buy(id, "-1", "12/1/2010 8:26", "-1.25", "")),
    ("scientific", Refused("bad_number"), |id| buy(id, "1", "12/1/2010 8:26", "1e5", "")),
    ("decimal comma", Refused("bad_number"), |id| buy(id, "1", "12/1/2010 8:26", "\"1,5\"", "")),
    ("no number", Refused("bad_number"), |id| buy(id, "1", "12/1/2010 8:26", "NaN", "")),
    ("infinite", Refused("bad_number"), |id| buy(id, "1", "12/1/2010 8:26", "inf", "")),
    ("currency", Refused("bad_number"), |id| buy(id, "1", "12/1/2010 8:26", "£1.25", "")),
    ("too fine", Refused("out_of_range"), |id| buy(id, "1", "12/1/2010 8:26", "1.2501", "")),
    ("too dear", Refused("out_of_range"), |id| buy(id, "1", "12/1/2010 8:26", "1000000000", "")),
    ("beyond 32 bits", Refused("out_of_range"), |id| {
        buy(id, "2147483648", "12/1/2010 8:26", "1.25", "")
    }),
    ("half a thing", Refused("not_an_integer"), |id| buy(id, "0.5", "12/1/2010 8:26", "1.25", "")),
    ("customer and a half", Refused("not_an_integer"), |id| {
        buy(id, "1", "12/1/2010 8:26", "1.25", ".5")
    }),
    ("day before month", Refused("bad_date"), |id| buy(id, "1", "31/12/2010 8:26", "1.25", "")),
    ("hour 24", Refused("bad_date"), |id| buy(id, "1", "12/1/2010 24:00", "1.25", "")),
    ("no date", Refused("missing_value"), |id| buy(id, "1", "", "1.25", "")),
    ("no price", Refused("missing_value"), |id| buy(id, "1", "12/1/2010 8:26", " ", "")),
];

fn buy(id: i64, quantity: &str, date: &str, price: &str, after: &str) -> Vec<u8> {
    let customer = id % 100;
    format!("{id},85123A,LANTERN,{quantity},{date},{price},{customer}{after},EIRE\n").into()
}
