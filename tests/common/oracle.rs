//! An independent opinion: the facts computed from the raw CSV files in the plainest way.
//!
//! Nothing of the product is called here. Reviews, logs and purchases are read whole into maps,
//! and the rules of the data contract are applied one after the other.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

use pipeline::{
    dimensions::{COUNT, DIMENSIONS},
    reviews::POSITIVE_WORDS,
};

use super::{
    warehouse::{Facts, Grain, Spend},
    xml,
};

pub const REVIEW: [&str; 3] = ["cid", "review_str", "id_review"];
const LOG: [&str; 2] = ["id_review", "log"];
const PURCHASE: [&str; 8] = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
];

/// Where the rows of one file went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileRows {
    pub read: u64,
    pub duplicate: u64,
    pub refused: BTreeMap<String, u64>,
}

impl FileRows {
    pub fn staged(&self) -> u64 {
        self.read - self.duplicate - self.refused.values().sum::<u64>()
    }
}

/// What must be in the warehouse.
#[derive(Debug, Default)]
pub struct Oracle {
    pub facts: Facts,
    pub spend: Spend,
    pub files: BTreeMap<String, FileRows>,
    pub matched: u64,
    /// Logs whose review is not there.
    pub unmatched: u64,
}

struct Log {
    day: String,
    texts: [String; COUNT],
}

/// The reason why a row is refused.
type Refused = &'static str;

/// Makes an id and a value of the fields of a row.
type ReadRow<T> = fn(&[String]) -> Result<(i64, T), Refused>;

impl Oracle {
    /// From all CSV files below a folder.
    pub fn of_folder(raw: &Path) -> Self {
        let mut paths = Vec::new();
        collect(raw, "", &mut paths);
        Self::of_files(raw, &paths)
    }

    /// From these files, whatever else lies there.
    pub fn of_files(raw: &Path, paths: &[String]) -> Self {
        let read = |path: &String| (path.clone(), fs::read(raw.join(path)).expect("a raw file"));
        Self::of_contents(paths.iter().map(read).collect())
    }

    /// From contents by path. Later paths overwrite what earlier ones said of an id.
    pub fn of_contents(files: BTreeMap<String, Vec<u8>>) -> Self {
        let mut oracle = Self::default();
        let mut reviews: HashMap<i64, (i64, bool)> = HashMap::new();
        let mut logs: HashMap<i64, Log> = HashMap::new();
        for (path, bytes) in files {
            let spend = &mut oracle.spend;
            let rows = match path.split('/').next() {
                Some("movie_review") => keyed(&bytes, &REVIEW, review, &mut reviews),
                Some("log_reviews") => keyed(&bytes, &LOG, log, &mut logs),
                _ => plain(&bytes, &PURCHASE, purchase, |bought| {
                    if let Some((customer, milli)) = bought {
                        *spend.entry(customer).or_default() += milli;
                    }
                }),
            };
            oracle.files.insert(path, rows);
        }
        for (id, log) in logs {
            let Some((customer, is_positive)) = reviews.get(&id) else {
                oracle.unmatched += 1;
                continue;
            };
            oracle.matched += 1;
            let grain = Grain { customer: *customer, day: log.day, texts: log.texts };
            let fact = oracle.facts.entry(grain).or_default();
            fact.amount_milli = oracle.spend.get(customer).copied().unwrap_or(0);
            fact.score += i64::from(*is_positive);
            fact.count += 1;
        }
        oracle
    }
}

/// The first total that a warehouse cannot hold, in thousandths.
pub const LIMIT: i128 = 10_i128.pow(16);

impl Oracle {
    /// Without the totals of customers that fit no warehouse.
    pub fn with_totals_that_fit(mut self) -> Self {
        self.spend.retain(|_, total| (1 - LIMIT..LIMIT).contains(total));
        for (grain, fact) in &mut self.facts {
            fact.amount_milli = self.spend.get(&grain.customer).copied().unwrap_or(0);
        }
        self
    }
}

/// Reads rows that have an id: the later line wins.
fn keyed<T>(
    bytes: &[u8],
    columns: &[&str],
    read: ReadRow<T>,
    all: &mut HashMap<i64, T>,
) -> FileRows {
    let mut of_file = HashMap::new();
    let mut duplicate = 0;
    let rows = plain(bytes, columns, read, |(id, value)| {
        duplicate += u64::from(of_file.insert(id, value).is_some());
    });
    all.extend(of_file);
    FileRows { duplicate, ..rows }
}

fn plain<T>(
    bytes: &[u8],
    columns: &[&str],
    read: fn(&[String]) -> Result<T, Refused>,
    mut take: impl FnMut(T),
) -> FileRows {
    let mut rows = FileRows::default();
    let mut records = records(bytes).into_iter();
    let header = records.next().expect("a header").expect("a sound header");
    let place = |column: &&str| {
        let place = header.iter().position(|name| name.trim().eq_ignore_ascii_case(column));
        place.unwrap_or_else(|| panic!("no column {column}"))
    };
    let places: Vec<usize> = columns.iter().map(place).collect();
    for record in records {
        rows.read += 1;
        let row = record.and_then(|fields| {
            if fields.len() != header.len() {
                return Err("field_count");
            }
            read(&places.iter().map(|place| fields[*place].clone()).collect::<Vec<_>>())
        });
        match row {
            Ok(row) => take(row),
            Err(reason) => *rows.refused.entry(reason.to_owned()).or_default() += 1,
        }
    }
    rows
}

/// All records of a file. The `csv` crate forgives unbalanced quotes, so the text of each record
/// it returns is looked at again; a malformed one costs its first line.
fn records(bytes: &[u8]) -> Vec<Result<Vec<String>, Refused>> {
    let mut records = Vec::new();
    let mut start = 0;
    'again: while start < bytes.len() {
        let rest = &bytes[start..];
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(rest);
        let mut record = csv::StringRecord::new();
        let mut from = 0;
        while reader.read_record(&mut record).expect("UTF-8") {
            let to = reader.position().byte() as usize;
            if !is_strict(&rest[from..to]) {
                records.push(Err("malformed_record"));
                let from = from + rest[from..].iter().take_while(|b| b"\r\n".contains(b)).count();
                let line = rest[from..].iter().position(|b| *b == b'\n');
                start += line.map_or(rest.len(), |line| from + line + 1);
                continue 'again;
            }
            records.push(Ok(record.iter().map(str::to_owned).collect()));
            from = to;
        }
        break;
    }
    records
}

/// Each quoted field ends at its closing quote.
fn is_strict(record: &[u8]) -> bool {
    #[derive(PartialEq)]
    enum At {
        Start,
        Plain,
        Quoted,
        Closed,
    }
    let mut at = At::Start;
    for byte in record {
        at = match (at, byte) {
            (At::Start | At::Closed | At::Plain, b',' | b'\n' | b'\r') => At::Start,
            (At::Start, b'"') => At::Quoted,
            (At::Start | At::Plain, _) => At::Plain,
            (At::Quoted, b'"') => At::Closed,
            (At::Closed, b'"') | (At::Quoted, _) => At::Quoted,
            (At::Closed, _) => return false,
        };
    }
    at != At::Quoted
}

fn review(fields: &[String]) -> Result<(i64, (i64, bool)), Refused> {
    let (customer, id) = (integer(&fields[0])?, integer(&fields[2])?);
    let text = fields[1].to_lowercase();
    let mut tokens = text.split([' ', '\t', '\n', '\u{b}', '\u{c}', '\r']);
    Ok((id, (customer, tokens.any(|token| POSITIVE_WORDS.contains(&token)))))
}

fn log(fields: &[String]) -> Result<(i64, Log), Refused> {
    let id = integer(&fields[0])?;
    let document = &fields[1];
    if document.trim().is_empty() {
        return Err("missing_value");
    }
    if !xml::is_well_formed(document) {
        return Err("malformed_xml");
    }
    let text = |name: &str| match xml::text(document, name) {
        None => Err("missing_element"),
        Some(text) if text.is_empty() => Err("missing_value"),
        Some(text) => Ok(text),
    };
    let date = text("logDate")?;
    let parts: Vec<&str> = date.split('-').collect();
    let &[month, day, year] = parts.as_slice() else { return Err("bad_date") };
    if month.len() != 2 || !exists(year, month, day) {
        return Err("bad_date");
    }
    let mut texts = [const { String::new() }; COUNT];
    for (found, dimension) in texts.iter_mut().zip(&DIMENSIONS) {
        *found = match text(dimension.element) {
            Err(_) if !dimension.is_required => "Unknown".to_owned(),
            text => text?,
        };
    }
    Ok((id, Log { day: format!("{year}-{month}-{day}"), texts }))
}

/// Customer and thousandths, where the purchase counts for somebody.
fn purchase(fields: &[String]) -> Result<Option<(i64, i128)>, Refused> {
    let quantity = integer(&fields[3])?;
    let date = fields[4].trim();
    if date.is_empty() {
        return Err("missing_value");
    }
    let (date, _time) = date.split_once([' ', 'T']).unwrap_or((date, ""));
    let parts: Vec<&str> = date.split(['/', '-']).collect();
    let sound = match (parts.as_slice(), date.contains('/')) {
        (&[month, day, year], true) => exists(year, month, day),
        (&[year, month, day], false) => exists(year, month, day),
        _ => false,
    };
    if !sound {
        return Err("bad_date");
    }
    let price = milli(&fields[5])?;
    let customer = fields[6].trim();
    if customer.is_empty() {
        return Ok(None);
    }
    let customer = integer(customer.strip_suffix(".0").unwrap_or(customer))?;
    Ok(Some((customer, i128::from(quantity) * price)))
}

fn integer(text: &str) -> Result<i64, Refused> {
    match text.trim() {
        "" => Err("missing_value"),
        text => text.parse().map_err(|_| "not_an_integer"),
    }
}

fn milli(text: &str) -> Result<i128, Refused> {
    let text = text.trim();
    if text.is_empty() {
        return Err("missing_value");
    }
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let thousandths = format!("{whole}{fraction:0<3}");
    let number: i128 = thousandths.parse().map_err(|_| "bad_number")?;
    Ok(sign * number)
}

/// Whether a date is in the calendar.
fn exists(year: &str, month: &str, day: &str) -> bool {
    let number = |text: &str| text.parse::<u32>().ok();
    let (Some(year), Some(month), Some(day)) = (number(year), number(month), number(day)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// Paths of all CSV files, relative.
pub fn collect(folder: &Path, prefix: &str, paths: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), paths);
        } else if name.ends_with(".csv") {
            paths.push(name);
        }
    }
}
