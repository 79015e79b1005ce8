//! Times of purchases: `12/1/2010 8:26` (month first) or ISO 8601, without a zone.

use crate::{Day, RowReason, texts::trimmed};

const MICROS_PER_SECOND: i64 = 1_000_000;

/// Microseconds since 1970-01-01 00:00.
pub fn micros(text: &[u8]) -> Result<i64, RowReason> {
    let text = trimmed(text);
    if text.is_empty() {
        return Err(RowReason::MissingValue);
    }
    read(text).ok_or(RowReason::BadDate)
}

fn read(text: &[u8]) -> Option<i64> {
    let mut text = Cursor(text);
    let first = text.number(1, 4)?;
    let day = match text.next()? {
        b'/' => {
            let day = text.number(1, 2)?;
            text.expect(b'/')?;
            Day::from_ymd(text.number(4, 4)? as i32, first, day)?
        }
        b'-' => {
            let month = text.number(2, 2)?;
            text.expect(b'-')?;
            Day::from_ymd(first as i32, month, text.number(2, 2)?)?
        }
        _ => return None,
    };
    let mut seconds = i64::from(day.0) * 86_400;
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
        text.skip(b'Z');
    }
    text.0.is_empty().then_some(seconds * MICROS_PER_SECOND + fraction)
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
        let digits = self.0.iter().take(max).take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        (digits >= min).then(|| number.iter().fold(0, |sum, d| sum * 10 + u32::from(d - b'0')))
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

    #[test]
    fn both_forms_give_the_same_instant() {
        let expected = Ok(1_291_191_960_000_000);
        for text in [
            "12/1/2010 8:26",
            "12/01/2010 08:26:00",
            "2010-12-01 08:26",
            "2010-12-01T08:26:00Z",
            " 2010-12-01 08:26:00.000 ",
        ] {
            assert_eq!(micros(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(micros(b"1970-01-02"), Ok(86_400_000_000));
        assert_eq!(micros(b"1970-01-01 00:00:00.25"), Ok(250_000));
    }

    #[test]
    fn other_texts_are_no_dates() {
        let texts = "13/1/2010 8:26|2/30/2011|1-12-2010 8:26|2010-12-01 24:00|2010-12-01 8:60|\
                     12/1/10 8:26|2010-12-01 08:26 PM|2010-12-01x|yesterday|1.12.2010|2010-12-01 08";
        for text in texts.split('|') {
            assert_eq!(micros(text.as_bytes()), Err(RowReason::BadDate), "{text}");
        }
        assert_eq!(micros(b" "), Err(RowReason::MissingValue));
    }
}
