//! Times of purchases: `12/1/2010 8:26` or ISO 8601, in UTC unless they name an offset.

use super::order::{DateOrder, DateOrders};
use crate::{
    Day, RowReason,
    dates::Dates,
    refusal::{Expected, RowRefusal},
    texts::{trimmed, without_blanks},
};

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// No place on earth is further from UTC.
const LARGEST_OFFSET: i64 = 14 * 3_600;

/// Reads times.
#[derive(Default)]
pub struct Times {
    order: DateOrder,
    dates: Dates,
    /// What the dates so far say about their order.
    pub orders: DateOrders,
}

impl Times {
    pub fn new(order: DateOrder, dates: Dates) -> Self {
        Self { order, dates, orders: DateOrders::default() }
    }

    pub fn check_order(&self) -> Result<(), crate::FileRefusal> {
        self.orders.check(self.order)
    }

    /// Microseconds since 1970-01-01 00:00 UTC.
    pub fn micros(&mut self, text: &[u8]) -> Result<i64, RowRefusal> {
        let text = trimmed(text);
        let read = read(text, self.order).or_else(|| read(without_blanks(text), self.order));
        let Some(time) = read else { return Err(self.refuse(text)) };
        if let Some((first, second)) = time.slashes {
            self.orders.note(self.order, first, second);
        }
        let day = Day(time.micros.div_euclid(MICROS_PER_SECOND * SECONDS_PER_DAY) as i32);
        match self.dates.check(day) {
            Ok(_) => Ok(time.micros),
            Err(expected) => Err(bad(expected)),
        }
    }

    /// Why a text is no time, with what would be one.
    #[cold]
    fn refuse(&mut self, text: &[u8]) -> RowRefusal {
        let text = without_blanks(text);
        if text.is_empty() {
            return RowRefusal::of_row(RowReason::MissingValue);
        }
        let other = self.order.other();
        if let Some((first, second)) = read(text, other).and_then(|time| time.slashes) {
            self.orders.note(other, first, second);
        }
        let has_half = text.len() > 2 && {
            let half = &text[text.len() - 2..];
            half.eq_ignore_ascii_case(b"am") || half.eq_ignore_ascii_case(b"pm")
        };
        let [year, hours, form] = FORMS[self.order as usize];
        bad(Expected::Form(match () {
            () if has_short_year(text) => year,
            () if has_half => hours,
            () => form,
        }))
    }
}

/// What is expected in each order: of a year, of hours, and at all.
const FORMS: [[&str; 3]; 2] = [
    [
        "a year of four digits, as in 12/31/2010 8:26 or 2010-12-31 08:26:00",
        "a time of 24 hours, as in 12/31/2010 20:26 or 2010-12-31 20:26:00",
        "12/31/2010 8:26 (month first) or 2010-12-31 08:26:00",
    ],
    [
        "a year of four digits, as in 31/12/2010 8:26 or 2010-12-31 08:26:00",
        "a time of 24 hours, as in 31/12/2010 20:26 or 2010-12-31 20:26:00",
        "31/12/2010 8:26 (day first) or 2010-12-31 08:26:00",
    ],
];

const fn bad(expected: Expected) -> RowRefusal {
    RowRefusal::of_row(RowReason::BadDate).expecting(expected)
}

/// Whether a text begins with a date of three numbers none of which has four digits.
pub fn has_short_year(text: &[u8]) -> bool {
    let end = text.iter().position(|byte| matches!(byte, b' ' | b'T')).unwrap_or(text.len());
    let is_separator = |byte: &u8| matches!(byte, b'/' | b'-' | b'.');
    let numbers: Vec<&[u8]> = text[..end].split(is_separator).collect();
    let is_short =
        |number: &&[u8]| (1..=2).contains(&number.len()) && number.iter().all(u8::is_ascii_digit);
    numbers.len() == 3 && numbers.iter().all(is_short)
}

/// A time, and of a date with slashes its first two numbers.
struct Time {
    micros: i64,
    slashes: Option<(u32, u32)>,
}

fn read(text: &[u8], order: DateOrder) -> Option<Time> {
    let mut text = Cursor(text);
    let (first, digits) = text.digits(4)?;
    let mut slashes = None;
    let day = match text.next()? {
        b'/' => {
            let second = text.number(1, 2)?;
            text.expect(b'/')?;
            slashes = Some((first, second));
            let (month, day) = order.month_and_day(first, second);
            Day::from_ymd(text.number(4, 4)? as i32, month, day)?
        }
        b'-' if digits == 4 => {
            let month = text.number(2, 2)?;
            text.expect(b'-')?;
            Day::from_ymd(first as i32, month, text.number(2, 2)?)?
        }
        _ => return None,
    };
    let mut seconds = i64::from(day.0) * SECONDS_PER_DAY;
    let mut fraction = 0;
    if !text.0.is_empty() {
        if !matches!(text.next()?, b' ' | b'T') {
            return None;
        }
        let hour = text.number(1, 2)?;
        text.expect(b':')?;
        let minute = text.number(2, 2)?;
        let second = if text.skip(b':') { text.number(2, 2)? } else { 0 };
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        seconds += i64::from(hour * 3_600 + minute * 60 + second);
        if text.skip(b'.') {
            fraction = text.fraction()?;
        }
        if !text.0.is_empty() {
            seconds -= text.offset()?;
        }
    }
    let micros = seconds * MICROS_PER_SECOND + fraction;
    text.0.is_empty().then_some(Time { micros, slashes })
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.0.first() == Some(&byte);
        self.0 = &self.0[usize::from(found)..];
        found
    }

    /// A number of `min` to `max` digits.
    fn number(&mut self, min: usize, max: usize) -> Option<u32> {
        self.digits(max).filter(|(_, digits)| *digits >= min).map(|(number, _)| number)
    }

    /// A number of up to `max` digits, and how many it has.
    fn digits(&mut self, max: usize) -> Option<(u32, usize)> {
        let digits = self.0.iter().take(max).take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        let number = number.iter().fold(0, |sum, d| sum * 10 + u32::from(d - b'0'));
        (digits > 0).then_some((number, digits))
    }

    /// Seconds by which the time is ahead of UTC; what names no zone is UTC. As ISO 8601 writes it
    /// (`Z`, `+01:00`, `+0100`, `+01`), also behind a blank, as databases do.
    #[cold]
    fn offset(&mut self) -> Option<i64> {
        self.skip(b' ');
        if matches!(self.0, b"Z" | b"z" | b"UTC" | b"GMT") {
            self.0 = &[];
            return Some(0);
        }
        let sign = match self.next()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = self.number(2, 2)?;
        let has_colon = self.skip(b':');
        let minutes = if self.0.is_empty() && !has_colon { 0 } else { self.number(2, 2)? };
        let seconds = i64::from(hours * 3_600 + minutes * 60);
        (minutes <= 59 && seconds <= LARGEST_OFFSET).then_some(sign * seconds)
    }

    /// Digits behind the point, as microseconds; finer ones are cut off.
    fn fraction(&mut self) -> Option<i64> {
        let (mut micros, mut unit, mut digits) = (0, MICROS_PER_SECOND, 0);
        while let Some(digit) = self.0.first().filter(|byte| byte.is_ascii_digit()) {
            unit /= 10;
            micros += unit * i64::from(digit - b'0');
            self.0 = &self.0[1..];
            digits += 1;
        }
        (1..=9).contains(&digits).then_some(micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> Result<i64, RowReason> {
        let read = Times::default().micros(text.as_bytes());
        read.map_err(|refusal| refusal.reason)
    }

    fn expected(text: &str) -> String {
        Times::default().micros(text.as_bytes()).unwrap_err().expected.to_string()
    }

    #[test]
    fn both_forms_give_the_same_instant() {
        let expected = Ok(1_291_191_960_000_000);
        for text in [
            "12/1/2010 8:26",
            "12/01/2010 08:26:00",
            "2010-12-01 08:26",
            "2010-12-01T08:26:00Z",
            " 2010-12-01 08:26:00.000 ",
            "\u{a0}2010-12-01 08:26:00\u{a0}",
        ] {
            assert_eq!(micros(text), expected, "{text}");
        }
        assert_eq!(micros("1990-01-01"), Ok(7_305 * 86_400_000_000));
        assert_eq!(micros("1990-01-01 00:00:00.25"), Ok(7_305 * 86_400_000_000 + 250_000));
    }

    #[test]
    fn a_time_with_an_offset_is_converted_to_utc() {
        for text in [
            "2010-12-01T08:26:00Z",
            "2010-12-01T09:26:00+01:00",
            "2010-12-01 09:26:00+0100",
            "2010-12-01 09:26:00.0000000 +01:00",
            "2010-12-01T02:56:00-05:30",
            "2010-12-01 08:26:00+00",
            "2010-12-01 08:26:00 UTC",
            "2010-11-30T22:26:00-10:00",
            "12/1/2010 22:26 +14:00",
        ] {
            assert_eq!(micros(text), Ok(1_291_191_960_000_000), "{text}");
        }
        for text in ["+1", "+01:", "+01:60", "+15:00", "+01:00x", "CET", "+010", "+01:00:00", "-"] {
            let text = format!("2010-12-01 08:26:00{text}");
            assert_eq!(micros(&text), Err(RowReason::BadDate), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_dates() {
        let texts = "13/1/2010 8:26|2/30/2011|1-12-2010 8:26|2010-12-01 24:00|2010-12-01 8:60|\
                     12/1/10 8:26|2010-12-01 08:26 PM|2010-12-01x|yesterday|1.12.2010|2010-12-01 08|\
                     201-12-01|20100-12-01|12/1/201|2010/12/01|12-01-10 8:26";
        for text in texts.split('|') {
            assert_eq!(micros(text), Err(RowReason::BadDate), "{text}");
        }
        assert_eq!(micros(" "), Err(RowReason::MissingValue));
    }

    #[test]
    fn a_year_of_two_digits_is_refused_in_every_form_with_the_form_that_is_expected() {
        for text in ["12/1/10 8:26", "12-01-10 8:26", "10-12-01T08:26:00", "1.12.10", "12/1/10"] {
            assert!(
                expected(text).starts_with("a year of four digits, as in 12/31/2010"),
                "{text}"
            );
        }
        for text in ["12/1/2010 8:26 AM", "2010-12-01 08:26:00 pm"] {
            assert!(expected(text).starts_with("a time of 24 hours"), "{text}");
        }
        assert_eq!(expected("13/1/2010"), "12/31/2010 8:26 (month first) or 2010-12-31 08:26:00");
    }

    #[test]
    fn a_day_that_is_not_plausible_is_refused_with_the_days_that_are() {
        let day = |text: &str| text.parse().unwrap();
        let dates = Dates { from: day("2009-12-01"), to: Some(day("2011-12-09")) };
        let mut times = Times::new(DateOrder::MonthFirst, dates);
        for text in ["2009-12-01 00:00", "2011-12-09 23:59:59", "12/9/2011 23:59"] {
            assert!(times.micros(text.as_bytes()).is_ok(), "{text}");
        }
        for text in
            ["0021-04-26", "12/1/9010 8:26", "2009-11-30 23:59", "2011-12-09T23:00:00-02:00"]
        {
            let refusal = times.micros(text.as_bytes()).unwrap_err();
            assert_eq!(refusal.reason, RowReason::BadDate, "{text}");
            let expected = "a day from 2009-12-01 to 2011-12-09";
            assert_eq!(refusal.expected.to_string(), expected, "{text}");
        }
    }

    #[test]
    fn dates_tell_which_orders_they_fit() {
        let orders = |texts: &str, order| {
            let mut times = Times::new(order, Dates::default());
            texts.split('|').for_each(|text| _ = times.micros(text.as_bytes()));
            times.orders
        };
        let (month_first, day_first) = (DateOrder::MonthFirst, DateOrder::DayFirst);
        for (texts, either, proves) in [
            ("2010-12-31|5/5/2010", false, None),
            ("1/12/2010|5/5/2010", true, None),
            ("1/12/2010|12/31/2010", true, Some(month_first)),
            ("31/12/2010 8:26|2010-12-31", false, Some(day_first)),
            ("31/13/2010|yesterday|13/13/2010", false, None),
        ] {
            for order in [month_first, day_first] {
                let found = orders(texts, order);
                assert_eq!(found.either, either, "{texts}");
                for order in [month_first, day_first] {
                    assert_eq!(found.prove(order), proves == Some(order), "{texts}");
                }
            }
        }
    }
}
