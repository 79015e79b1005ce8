//! Purchases like those of the public data set "Online Retail": a year of a gift shop.

use pipeline::Day;

use super::{
    Sample,
    phrases::{COUNTRIES, GOODS},
    put::{digits, two_digits},
    rng::{Rng, Stream},
    sessions::{CUSTOMERS, FIRST_CUSTOMER},
};

pub const HEADER: &[u8] =
    b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

/// The shop's year: from 2010-12-01, in minutes.
const DAYS: u64 = 374;
const DAY_MINUTES: u64 = 24 * 60;
const OPENING: u64 = 7 * 60;
const OPEN_MINUTES: u64 = 13 * 60;

/// The invoice that rows are written of.
#[derive(Default)]
struct Invoice {
    number: u64,
    /// Rows still to come.
    lines: u64,
    is_return: bool,
    minute: u64,
    customer: Option<i64>,
    /// Some exports write customers as `17850.0`.
    as_float: bool,
}

pub struct Purchases {
    rng: Rng,
    first_day: Day,
    rows: u64,
    made: u64,
    invoice: Invoice,
}

impl Purchases {
    pub fn new(sample: &Sample) -> Self {
        Self {
            rng: Rng::new(sample.seed, Stream::Purchases, 0),
            first_day: Day::from_ymd(2010, 12, 1).unwrap_or(Day(0)),
            rows: sample.purchases,
            made: 0,
            invoice: Invoice { number: 536_364, ..Invoice::default() },
        }
    }

    /// Appends the next row, and now and then the same row once more, which is no mistake to
    /// repair: both count. `false` when all rows are written.
    pub fn write(&mut self, out: &mut Vec<u8>) -> bool {
        if self.made >= self.rows {
            return false;
        }
        if self.invoice.lines == 0 {
            self.next_invoice();
        }
        self.made += 1;
        self.invoice.lines -= 1;
        let start = out.len();
        match self.rng.below(10_000) {
            0..3 => self.adjustment(out),
            3..30 => self.loss(out),
            _ => self.sale(out),
        }
        if self.invoice.lines > 0 && self.made < self.rows && self.rng.in_thousand(4) {
            self.made += 1;
            self.invoice.lines -= 1;
            out.extend_from_within(start..);
        }
        true
    }

    fn next_invoice(&mut self) {
        let rng = &mut self.rng;
        // Days go on with the rows, and the time of day within each day's rows.
        let open = DAYS * OPEN_MINUTES;
        let at = (u128::from(self.made) * u128::from(open) / u128::from(self.rows.max(1))) as u64;
        let minute = at / OPEN_MINUTES * DAY_MINUTES + OPENING + at % OPEN_MINUTES;
        let is_return = rng.in_thousand(60);
        self.invoice = Invoice {
            number: self.invoice.number + 1,
            lines: 1 + rng.below(if is_return { 4 } else { 40 }),
            is_return,
            minute,
            customer: (!rng.in_thousand(250)).then(|| buyer(rng)),
            as_float: rng.in_thousand(150),
        };
    }

    fn sale(&mut self, out: &mut Vec<u8>) {
        let rng = &mut self.rng;
        let (code, description, price) = rng.pick(&GOODS);
        let quantity = match rng.below(20) {
            0 => 48 + rng.below(400),
            1..8 => rng.pick(&[12, 24, 6]),
            _ => 1 + rng.below(10),
        };
        self.begin(out, if self.invoice.is_return { "C" } else { "" }, code, description);
        if self.invoice.is_return {
            out.push(b'-');
        }
        digits(out, quantity);
        self.end(out, price, self.invoice.customer);
    }

    /// Goods that broke or were lost: nothing is paid, nobody is named.
    fn loss(&mut self, out: &mut Vec<u8>) {
        let (code, _, _) = self.rng.pick(&GOODS);
        let note = self.rng.pick(&["", "damaged", "?", "check", "\"thrown away, wet\""]);
        let quantity = 1 + self.rng.below(300);
        self.begin(out, "", code, note);
        out.push(b'-');
        digits(out, quantity);
        self.end(out, "0", None);
    }

    fn adjustment(&mut self, out: &mut Vec<u8>) {
        let price = self.rng.pick(&["11062.06", "-11062.06", "-38.5"]);
        // The one kind of row with a negative price may name a customer.
        let customer = self.invoice.customer.filter(|_| price == "-38.5");
        self.begin(out, "A", "B", "Adjust bad debt");
        out.push(b'1');
        self.end(out, price, customer);
    }

    fn begin(&self, out: &mut Vec<u8>, prefix: &str, code: &str, description: &str) {
        out.extend_from_slice(prefix.as_bytes());
        digits(out, self.invoice.number);
        for text in [code, description] {
            out.push(b',');
            out.extend_from_slice(text.as_bytes());
        }
        out.push(b',');
    }

    fn end(&self, out: &mut Vec<u8>, price: &str, customer: Option<i64>) {
        let Invoice { minute, as_float, .. } = self.invoice;
        let day = Day(self.first_day.0.saturating_add_unsigned((minute / DAY_MINUTES) as u32));
        let (year, month, of_month) = day.ymd();
        out.push(b',');
        for part in [month, of_month] {
            digits(out, part.into());
            out.push(b'/');
        }
        digits(out, year.unsigned_abs().into());
        out.push(b' ');
        digits(out, minute % DAY_MINUTES / 60);
        out.push(b':');
        two_digits(out, minute % 60);
        out.push(b',');
        out.extend_from_slice(price.as_bytes());
        out.push(b',');
        if let Some(customer) = customer {
            digits(out, customer.unsigned_abs());
            out.extend_from_slice(if as_float { b".0" } else { b"" });
        }
        out.push(b',');
        out.extend_from_slice(country(customer).as_bytes());
        out.push(b'\n');
    }
}

/// A customer who buys: a quarter of all never do.
fn buyer(rng: &mut Rng) -> i64 {
    loop {
        let customer = FIRST_CUSTOMER + rng.below(CUSTOMERS) as i64;
        if !scattered(customer).is_multiple_of(4) {
            return customer;
        }
    }
}

fn country(customer: Option<i64>) -> &'static str {
    match customer.map_or(1_000, |customer| scattered(customer) / 4 % 1_000) {
        place @ 0..90 => COUNTRIES[place as usize % COUNTRIES.len()],
        _ => "United Kingdom",
    }
}

/// The same number for the same customer, without any order among customers.
fn scattered(customer: i64) -> u64 {
    (customer as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40
}
