//! Eleven thousand logs with personal data in any element, each spelled in twenty ways and more,
//! some of them damaged: nothing of it is staged, set aside or counted.

use arrow_array::{Array, StringArray, cast::AsArray, types::Int32Type};
use pipeline::{
    Dataset::ReviewLogs as LOGS,
    Options,
    logs::{Pii, PiiKey, PiiTexts},
};

use crate::common::{Read, any_share, read_with};

const ROWS: usize = 11_000;

/// Words around it, where `@` stands for it.
const AROUND: [&str; 6] = ["@", "Call @", "Firefox @ (x)", "a,@;b", "<@", "no. @. or"];

/// What is damaged in a document.
const DAMAGES: [(&str, &str); 8] = [
    ("", ""),
    ("</log>", ""),
    ("04-25-2021", "25-04-2021"),
    ("<device>", "<!-- note --><device>"),
    ("<os>", "<os kind='x'>"),
    ("</os>", "</os><os>again</os>"),
    ("<reviewlog>", "<!DOCTYPE a><reviewlog>"),
    ("</location>", "<b/></location>"),
];

const ELEMENTS: [&str; 6] = ["device", "location", "os", "browser", "ipAddress", "phoneNumber"];

/// Digits whose value is what the numbers of the address have.
fn address(n: usize) -> [u8; 4] {
    [101 + (n % 100) as u8, 102 + (n / 100 % 100) as u8, 117, 118 + (n % 7) as u8]
}

fn spellings_of_v4(n: usize) -> Vec<String> {
    let [a, b, c, d] = address(n);
    let joined = |separator: &str| [a, b, c, d].map(|part| part.to_string()).join(separator);
    let dotted = joined(".");
    let number = u32::from_be_bytes([a, b, c, d]);
    vec![
        dotted.clone(),
        format!("0{a}.0{b}.0{c}.0{d}"),
        format!("{dotted}:8080"),
        format!("http://{dotted}/x"),
        format!("[{dotted}]"),
        format!("ip{dotted}"),
        joined("[.]"),
        joined(" . "),
        joined("-"),
        joined(","),
        joined("_"),
        joined(" "),
        joined("\u{200b}."),
        wide(&dotted),
        arabic(&dotted),
        format!("::ffff:{dotted}"),
        format!("::{dotted}"),
        format!("0x{number:08x}"),
        number.to_string(),
        format!("{dotted}.in-addr.arpa"),
    ]
}

fn spellings_of_v6(n: usize) -> Vec<String> {
    let group = 0x8d30 + n % 4096;
    let full = format!("2001:0db8:85a3:{group:04x}:1319:8a2e:0370:7348");
    let short = format!("2001:db8:85a3:{group:x}:1319:8a2e:370:7348");
    let digits = full.replace(':', "");
    let nibbles: Vec<String> = digits.chars().rev().map(String::from).collect();
    vec![
        full.clone(),
        short.clone(),
        short.to_uppercase(),
        full.to_uppercase(),
        format!("[{short}]:443"),
        format!("[{full}]"),
        format!("{short}%eth0"),
        format!("{short}/64"),
        format!("x{short}"),
        format!("http://[{short}]/"),
        wide(&full),
        wide(&short),
        full.replace(':', "-"),
        short.replace(':', "-"),
        format!("{}.ip6.arpa", nibbles.join(".")),
        digits.clone(),
        format!("0x{digits}"),
        full.replace(':', ":\u{200b}"),
        format!("ip={short};"),
        format!("{short}."),
    ]
}

fn spellings_of_number(n: usize) -> Vec<String> {
    let (area, first, last) = (200 + n % 700, 201 + n % 600, 1_000 + n % 9_000);
    let plain = format!("{area}-{first}-{last}");
    let digits = format!("{area}{first}{last}");
    vec![
        plain.clone(),
        digits.clone(),
        format!("({area}) {first}-{last}"),
        format!("{area} {first} {last}"),
        format!("{area}.{first}.{last}"),
        format!("{area}/{first}/{last}"),
        format!("+1 {plain}"),
        format!("+1.{area}.{first}.{last}"),
        format!("001{digits}"),
        format!("tel:{digits}"),
        format!("tel:+1-{plain};ext=5"),
        format!("({area}){first}{last}"),
        plain.replace('-', "\u{2010}"),
        plain.replace('-', "\u{a0}"),
        plain.replace('-', " - "),
        plain.replace('-', "_"),
        plain.replace('-', "\u{200b}"),
        wide(&plain),
        arabic(&plain),
        digits.chars().map(|digit| format!("{digit} ")).collect::<String>(),
    ]
}

fn wide(text: &str) -> String {
    let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).filter(|_| c.is_ascii_graphic());
    text.chars().map(|c| wide(c).unwrap_or(c)).collect()
}

fn arabic(text: &str) -> String {
    let arabic = |c: char| char::from_u32(c.to_digit(10)? + 0x660);
    text.chars().map(|c| arabic(c).unwrap_or(c)).collect()
}

/// Letters and digits of ASCII alone, however they were written.
fn plain(text: &str) -> String {
    let ascii = |c: char| match u32::from(c) {
        code @ 0xff01..=0xff5e => char::from_u32(code - 0xfee0),
        code @ 0x660..=0x669 => char::from_digit(code - 0x660, 10),
        _ => Some(c),
    };
    let plain = text.chars().filter_map(ascii).filter(char::is_ascii_alphanumeric);
    plain.collect::<String>().to_lowercase()
}

fn row(n: usize, secret: &str) -> String {
    let text = AROUND[n % AROUND.len()].replace('@', secret);
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let element = ELEMENTS[n / 7 % ELEMENTS.len()];
    let value = |name: &str, usual: &str| {
        format!("<{name}>{}</{name}>", if name == element { &text } else { usual })
    };
    let inner = ["device", "location", "os", "browser"].map(|name| value(name, "Plain"));
    let inner = format!("{}{}{}", inner.concat(), value("ipAddress", ""), value("phoneNumber", ""));
    let document =
        format!("<reviewlog><log><logDate>04-25-2021</logDate>{inner}</log></reviewlog>");
    let (sound, damaged) = DAMAGES[if n.is_multiple_of(3) { n / 3 % DAMAGES.len() } else { 0 }];
    format!("{n},\"{}\"\n", document.replacen(sound, damaged, 1).replace('"', "\"\""))
}

/// All texts that come out.
fn texts(read: &Read) -> Vec<String> {
    let mut texts: Vec<String> = read.raw.iter().flatten().cloned().collect();
    for batch in &read.rows {
        for column in batch.columns() {
            let values = match column.as_dictionary_opt::<Int32Type>() {
                Some(dictionary) => dictionary.values(),
                None => column,
            };
            let values = values.as_any().downcast_ref::<StringArray>().into_iter().flatten();
            texts.extend(values.flatten().map(str::to_owned));
        }
    }
    texts.push(format!("{:?}", read.tally));
    texts
}

#[test]
fn no_spelling_of_an_address_or_a_number_comes_out_anywhere() {
    let mut file = "id_review,log\n".to_owned();
    let mut secrets = Vec::new();
    for n in 0..ROWS {
        let (of, spellings) = match n % 3 {
            0 => (address(n).map(|part| part.to_string()).concat(), spellings_of_v4(n)),
            1 => (plain(&spellings_of_v6(n)[1]), spellings_of_v6(n)),
            _ => (plain(&spellings_of_number(n)[0]), spellings_of_number(n)),
        };
        assert!(spellings.len() >= 20);
        let spelling = &spellings[n / 3 % spellings.len()];
        file += &row(n, spelling);
        secrets.extend([of, plain(spelling)]);
    }
    secrets.sort();
    secrets.dedup();
    let key = PiiKey::parse(&"5e".repeat(32)).unwrap();
    for (pii, pii_texts) in [
        (Pii::Mask, PiiTexts::Mask),
        (Pii::Hash(key), PiiTexts::Mask),
        (Pii::Mask, PiiTexts::Refuse),
    ] {
        let options = Options { pii, pii_texts, ..any_share() };
        let read = read_with(LOGS, &options, file.as_bytes(), 1 << 16).unwrap();
        let Read { tally, .. } = &read;
        assert_eq!(tally.rows_in as usize, ROWS);
        assert!(tally.rows_out > 2_000 && tally.rows_refused > 1_000, "{tally:?}");
        let all: Vec<String> = texts(&read).iter().map(|text| plain(text)).collect();
        let leaks: Vec<_> = secrets
            .iter()
            .filter(|secret| all.iter().any(|text| text.contains(secret.as_str())))
            .collect();
        assert_eq!(leaks, [""; 0], "{pii_texts:?}");
    }
    // The search finds what is there.
    let options = Options { pii: Pii::Keep, ..any_share() };
    let kept = read_with(LOGS, &options, file.as_bytes(), 1 << 16).unwrap();
    let kept: Vec<String> = texts(&kept).iter().map(|text| plain(text)).collect();
    assert!(
        secrets.iter().filter(|secret| kept.iter().any(|text| text.contains(*secret))).count()
            > 500
    );
}
