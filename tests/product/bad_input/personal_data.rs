//! No address and no telephone number of a log leaves the vendor's file unprotected, wherever in
//! the file it stands.

use std::{fs, path::Path};

use serde_json::json;

use crate::{
    common::{drop::reviews, handler::message, oracle::collect, parquet::Rows, place::Place},
    serve, with_settings,
};

/// A person: address and number, unlike anybody else's.
struct Person {
    ip: String,
    phone: String,
}

fn person(n: usize) -> Person {
    match n % 3 {
        0 => Person {
            ip: format!("9.{}.{}.57", 100 + n, 3 * n + 11),
            phone: format!("821-{:03}-5{n:03}", 400 + n),
        },
        1 => Person {
            ip: format!("2001:db8:85a3:8d3:1319:8a2e:{n:x}70:7348"),
            phone: format!("+1 {:03} 540 5{n:03}", 700 + n),
        },
        _ => Person {
            ip: format!("dead:beef:cafe:{n:x}abe::f00d"),
            phone: format!("0{}5775{n:03}", 82_130 + n),
        },
    }
}

/// A log in which the address and the number stand as they are given.
fn log(ip: &str, phone: &str) -> String {
    format!(
        "<reviewlog><log><logDate>04-25-2021</logDate><device>Mobile</device><location>Kansas\
         </location><os>Linux</os><ipAddress>{ip}</ipAddress><phoneNumber>{phone}</phoneNumber>\
         </log></reviewlog>"
    )
}

/// Every second character as a decimal reference, the others as `odd` makes them.
fn references(text: &str, odd: fn(char) -> String) -> String {
    let reference =
        |(n, c): (usize, char)| if n % 2 == 0 { format!("&#{};", c as u32) } else { odd(c) };
    text.chars().enumerate().map(reference).collect()
}

fn escaped(text: &str) -> String {
    references(text, |c| format!("&#x{:x};", c as u32))
}

fn half_escaped(text: &str) -> String {
    references(text, String::from)
}

fn quoted(id: impl std::fmt::Display, xml: &str) -> Vec<u8> {
    format!("{id},\"{}\"\n", xml.replace('"', "\"\"")).into()
}

/// A log without address and number, and with this in place of its `<os>`.
fn with_os(id: usize, os: &str) -> Vec<u8> {
    quoted(id, &log("", "").replace("<os>Linux</os>", os))
}

fn nested(text: &str) -> String {
    format!("<a><b><c><d><e>{text}</e></d></c></b></a>")
}

/// A row with a person's data somewhere.
type Write = fn(usize, &Person) -> Vec<u8>;

/// Good and bad rows.
const ROWS: &[Write] = &[
    |n, p| quoted(n, &log(&p.ip, &p.phone)),
    |n, p| quoted(n, &log(&escaped(&p.ip), &escaped(&p.phone))),
    |n, p| quoted(n, &log(&half_escaped(&p.ip), &half_escaped(&p.phone))),
    |n, p| quoted(n, &log(&format!("<![CDATA[{}]]>", p.ip), &format!("<![CDATA[{}]]>", p.phone))),
    |n, p| quoted(n, &log(&format!(" {}\n", p.ip), &format!("\t{} ", p.phone))),
    |n, p| quoted(n, &log(&format!("{}:8080", p.ip), &format!("tel:{}", p.phone))),
    // Refused with text that tokenizes.
    |n, p| quoted(n, &log(&p.ip, &p.phone).replace("04-25-2021", &p.ip)),
    |n, p| quoted(n, &log(&p.ip, &p.phone).replace("04-25-2021", &p.phone)),
    |n, p| quoted(n, &log(&escaped(&p.ip), &half_escaped(&p.phone)).replace("04-25", "25-04")),
    |n, p| quoted(n, &log(&format!("<![CDATA[{}]]>", p.ip), &p.phone).replace("Linux", "")),
    |n, p| with_os(n, &format!("<!-- {} {} --><os/><os>Linux</os>", p.ip, p.phone)),
    |n, p| with_os(n, &format!("<os ip=\"{}\" phone='{}'></os>", p.ip, p.phone)),
    |n, p| with_os(n, &format!("<?who {} {}?><os/><os>Linux</os>", p.ip, p.phone)),
    |n, p| with_os(n, &format!("<call>{}<ip>{}</ip></call><os></os>", p.phone, p.ip)),
    |n, p| {
        let device = format!("Mobile {} {}", p.ip, p.phone);
        quoted(n, &log("", "").replace("Linux", "").replace("Mobile", &device))
    },
    |n, p| quoted(n, &log(&nested(&p.ip), &nested(&format!("<f/>{}", p.phone)))),
    |n, p| quoted(n, &format!("{0}{0}", log(&p.ip, &p.phone))),
    |_, p| quoted(&p.phone, &log(&p.ip, &p.phone)),
    |_, p| quoted(&p.ip, &log(&p.ip, &p.phone)),
    |n, p| format!("{n},{},{}\n", log(&p.ip, &p.phone), p.phone).into(),
    |n, p| format!("{n},\"{}\"{}\n", log(&p.ip, &p.phone), p.ip).into(),
    // Refused with text that does not.
    |n, p| quoted(n, &log(&p.ip, &p.phone).replace("</log>", "")),
    |n, p| quoted(n, log(&p.ip, &p.phone).trim_end_matches("</phoneNumber></log></reviewlog>")),
    |n, p| quoted(n, &log(&format!("<![CDATA[{}", p.ip), &p.phone)),
    |n, p| quoted(n, &log(&format!("{} & co", p.ip), &p.phone)),
    |n, p| quoted(n, &log(&p.ip, &format!("<{}>", p.phone))),
    |n, p| quoted(n, &format!("<!DOCTYPE a [<!ENTITY p \"{}\">]>{}", p.phone, log(&p.ip, "&p;"))),
    |n, p| quoted(n, &format!("{} {}", p.ip, p.phone)),
    |n, p| [quoted(n, &log(&p.ip, &p.phone)).trim_ascii_end(), b"\xe9\n"].concat(),
    |n, p| quoted(n, &log(&p.ip, &format!("{}\0", p.phone))),
    |n, p| format!("{n},\"{}\n", log(&p.ip, &p.phone)).into(),
];

/// Files that are refused as a whole, with a person's data where a header belongs or elsewhere.
fn files(p: &Person) -> Vec<(&'static str, Vec<u8>)> {
    let row = format!("1,{}\n", log(&p.ip, &p.phone));
    let utf16 = format!("\u{feff}id_review,log\n{row}");
    vec![
        ("no-header", row.clone().into()),
        ("odd-header", format!("id_review,{},{}\n{row}", p.ip, p.phone).into()),
        ("one-field", format!("{}\n", p.phone).into()),
        ("unclosed", format!("\"id_review,{} {row}", p.ip).into()),
        ("xml", log(&p.ip, &p.phone).into()),
        ("utf-16", utf16.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("extra-columns", format!("id_review,log,{},{}\n", p.ip, p.phone).into()),
    ]
}

/// All that the product has written: by whom, and the bytes or texts.
pub fn outputs(place: &Place, folder: &Path, outputs: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(place.folder()).unwrap().display().to_string();
        if path.is_dir() {
            if path != place.raw() {
                self::outputs(place, &path, outputs);
            }
            continue;
        }
        if name.ends_with(".parquet") {
            let texts = Rows::read(&path).all_texts().join("\n");
            outputs.push((format!("texts of {name}"), texts.into()));
        }
        outputs.push((name, fs::read(path).unwrap()));
    }
}

/// The person as a whole, and the number without what stands between its digits.
fn traces(person: &Person) -> Vec<String> {
    let digits: String = person.phone.chars().filter(char::is_ascii_digit).collect();
    let Person { ip, phone } = person;
    vec![ip.clone(), phone.clone(), digits, escaped(ip), escaped(phone)]
}

/// What the process says on a port when the host hands it each file once more.
fn serves(place: &Place, settings: &[(&str, &str)]) -> Vec<u8> {
    let handler = serve(place, settings);
    let mut paths = Vec::new();
    collect(&place.raw(), "", &mut paths);
    let mut said = Vec::new();
    for path in paths.iter().filter(|path| path.starts_with("log_reviews")) {
        let request = json!({ "path": path, "force": u32::MAX }).to_string();
        let (status, answer) = handler.call("parse_log_reviews", &message(&request, 1), &[]);
        assert_eq!(status, 200, "{answer}");
        said.push(answer.to_string());
    }
    let request = json!({ "path": "log_reviews/9.9.9.9\n821.csv", "force": u32::MAX }).to_string();
    said.push(handler.call("parse_log_reviews", &message(&request, 1), &[]).1.to_string());
    let (stdout, stderr) = handler.stop();
    assert!(stdout.iter().all(|line| line.starts_with('{')), "{stdout:?}");
    said.extend(stdout);
    said.extend(stderr);
    said.join("\n").into_bytes()
}

fn leaks(settings: &[(&str, &str)]) -> Vec<String> {
    let place = Place::new();
    let mut persons = Vec::new();
    let mut text = b"id_review,log\n".to_vec();
    for (n, write) in ROWS.iter().enumerate() {
        for variant in 0..3 {
            let id = 3 * n + variant;
            let person = person(id);
            text.extend(write(id, &person));
            persons.push(person);
        }
    }
    // A hundred rows and more than a fifth of them refused: first all of it is, then nothing.
    place.drop("log_reviews/2021-04-25/refused.csv", &text);
    for n in 0..600 {
        text.extend(quoted(10_000 + n, &log("", "")));
    }
    place.drop("log_reviews/2021-04-25/logs.csv", &text);
    for n in 0..3 {
        let person = person(1_000 + n);
        for (name, content) in files(&person) {
            place.drop(&format!("log_reviews/files/{name}-{n}.csv"), content);
        }
        persons.push(person);
    }
    let rows: Vec<_> = (0..300).map(|id| (id, "good", id)).collect();
    place.drop("movie_review/2021-04-25/reviews.csv", reviews(&rows));

    let mut all = Vec::new();
    for words in ["run", "status", "status --json", "replay --refused --json", "reconcile"] {
        let ran = with_settings(&place, &words.split(' ').collect::<Vec<_>>(), settings);
        assert!(matches!(ran.code, 0 | 3), "{ran:?}");
        all.push((words.to_owned(), format!("{}{}", ran.stdout, ran.stderr).into_bytes()));
    }
    all.push(("what serve says".to_owned(), serves(&place, settings)));
    outputs(&place, place.folder(), &mut all);
    assert!(all.iter().any(|(name, _)| name.starts_with("texts of lake/quarantine")));
    assert!(all.iter().any(|(name, _)| name.starts_with("texts of lake/staging/review_logs")));
    assert!(all.iter().any(|(name, _)| name.ends_with("warehouse.db")));
    assert!(!place.facts().is_empty());
    let mut leaks = Vec::new();
    for (name, bytes) in &all {
        for trace in persons.iter().flat_map(traces) {
            if memchr::memmem::find(bytes, trace.as_bytes()).is_some() {
                leaks.push(format!("{trace} in {name}"));
            }
        }
    }
    leaks
}

#[test]
fn nothing_of_a_person_is_found_in_anything_that_is_written_when_masked() {
    assert_eq!(leaks(&[("PII_MODE", "mask")]), [""; 0]);
}

#[test]
fn nothing_of_a_person_is_found_in_anything_that_is_written_when_hashed() {
    assert_eq!(leaks(&[("PII_MODE", "hash"), ("PII_KEY", &*"5e".repeat(32))]), [""; 0]);
}

/// The search finds what is there.
#[test]
fn staged_files_keep_what_the_setting_keeps() {
    let leaks = leaks(&[("PII_MODE", "keep")]);
    assert!(leaks.len() >= 12, "{leaks:?}");
    let staged = |leak: &String| leak.contains("lake/staging/review_logs");
    assert!(leaks.iter().all(staged), "{leaks:?}");
}
