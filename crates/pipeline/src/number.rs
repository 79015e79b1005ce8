//! Numbers as vendors write them: exact, or refused.

use crate::{
    RowReason,
    texts::{is_null, trimmed, without_blanks},
};

/// From here on floating-point numbers do not hold every whole number.
const INEXACT: u64 = 1 << 53;

/// A whole number: optional sign, digits, blanks around it. Also as programs write it that know
/// floating-point numbers only: `17850.0`.
pub fn integer(text: &[u8]) -> Result<i64, RowReason> {
    let text = trimmed(text);
    if text.is_empty() {
        return Err(RowReason::MissingValue);
    }
    digits(text).or_else(|reason| other_form(text, reason))
}

fn digits(text: &[u8]) -> Result<i64, RowReason> {
    let (negative, digits) = sign(text);
    if digits.is_empty() {
        return Err(RowReason::NotAnInteger);
    }
    let mut value: i64 = 0;
    let mut fits = true;
    for byte in digits {
        let digit = i64::from(byte.wrapping_sub(b'0'));
        if digit > 9 {
            return Err(RowReason::NotAnInteger);
        }
        // Counted down, because the smallest number has no positive counterpart.
        match value.checked_mul(10).and_then(|value| value.checked_sub(digit)) {
            Some(next) => value = next,
            None => fits = false,
        }
    }
    let value = if negative { Some(value) } else { value.checked_neg() };
    value.filter(|_| fits).ok_or(RowReason::OutOfRange)
}

/// With blanks beyond ASCII around it, or with a point and zeros behind it. From [`INEXACT`] on
/// such a number may have been another one before it was written.
#[cold]
fn other_form(text: &[u8], reason: RowReason) -> Result<i64, RowReason> {
    let text = without_blanks(text);
    let (whole, is_float) = match point(text) {
        Some(point) if text[point + 1..].iter().all(|byte| *byte == b'0') => (&text[..point], true),
        _ => (text, false),
    };
    match whole {
        [] if !is_float => Err(RowReason::MissingValue),
        _ if reason == RowReason::OutOfRange => Err(reason),
        _ => match digits(whole)? {
            value if is_float && value.unsigned_abs() >= INEXACT => Err(RowReason::OutOfRange),
            value => Ok(value),
        },
    }
}

/// A customer's number; `None` where there is none.
pub fn customer(text: &[u8]) -> Result<Option<i64>, RowReason> {
    match integer(text) {
        Ok(number) => Ok(Some(number)),
        Err(RowReason::MissingValue) => Ok(None),
        Err(_) if is_null(without_blanks(text)) => Ok(None),
        Err(reason) => Err(reason),
    }
}

/// Digits before the point of a `decimal(12,3)`.
const WHOLE_DIGITS: i64 = 1_000_000_000;

/// A price in thousandths, exactly: `decimal(12,3)`.
pub fn price_milli(text: &[u8]) -> Result<i64, RowReason> {
    let text = trimmed(text);
    if text.is_empty() {
        return Err(RowReason::MissingValue);
    }
    let (negative, digits) = sign(text);
    let (whole, fraction) = match point(digits) {
        Some(point) => (&digits[..point], &digits[point + 1..]),
        None => (digits, &[][..]),
    };
    let all_digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return Err(RowReason::BadNumber);
    }
    if fraction.iter().skip(3).any(|digit| *digit != b'0') {
        return Err(RowReason::OutOfRange);
    }
    let mut value: i64 = 0;
    for digit in whole {
        value = value * 10 + i64::from(digit - b'0');
        if value >= WHOLE_DIGITS {
            return Err(RowReason::OutOfRange);
        }
    }
    for place in 0..3 {
        value = value * 10 + fraction.get(place).map_or(0, |digit| i64::from(digit - b'0'));
    }
    Ok(if negative { -value } else { value })
}

/// Where the decimal point stands. Numbers are shorter than what a vector search takes to begin.
fn point(text: &[u8]) -> Option<usize> {
    text.iter().position(|byte| *byte == b'.')
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_whole_and_in_range() {
        for (text, number) in [
            ("0", 0),
            (" 12 ", 12),
            ("-5", -5),
            ("+7", 7),
            ("007", 7),
            ("9223372036854775807", i64::MAX),
        ] {
            assert_eq!(integer(text.as_bytes()), Ok(number), "{text}");
        }
        assert_eq!(integer(b"-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(integer(b"9223372036854775808"), Err(RowReason::OutOfRange));
        assert_eq!(integer(b"99999999999999999999999"), Err(RowReason::OutOfRange));
        assert_eq!(integer(b" "), Err(RowReason::MissingValue));
        for text in ["1.5", ".0", "a", "-", "1e3", "1 2", "0x1", "\u{663}", "1.0.0", "NaN", "-.0"] {
            assert_eq!(integer(text.as_bytes()), Err(RowReason::NotAnInteger), "{text}");
        }
    }

    #[test]
    fn a_whole_number_may_be_written_as_a_float_while_that_is_exact() {
        for (text, number) in [
            ("17850.0", 17_850),
            ("17850.", 17_850),
            ("-3.000", -3),
            (" 7.0 ", 7),
            ("\u{a0}17850.0\u{2003}", 17_850),
            ("\u{feff}12", 12),
            ("9007199254740991.0", (1 << 53) - 1),
        ] {
            assert_eq!(integer(text.as_bytes()), Ok(number), "{text}");
        }
        for text in ["9007199254740992.0", "-9007199254740993.0", "9223372036854775808.0"] {
            assert_eq!(integer(text.as_bytes()), Err(RowReason::OutOfRange), "{text}");
        }
        assert_eq!(integer("\u{a0}".as_bytes()), Err(RowReason::MissingValue));
    }

    #[test]
    fn customers_may_be_absent_in_every_spelling_of_nothing() {
        assert_eq!(customer(b"17850"), Ok(Some(17_850)));
        assert_eq!(customer(b"17850.0"), Ok(Some(17_850)));
        let nothing =
            "|  |\u{a0}|NaN|nan|NULL|null|NA|N/A|None|<NA>|NaT|\\N| NULL |(null)|#N/A|-nan";
        for text in nothing.split('|') {
            assert_eq!(customer(text.as_bytes()), Ok(None), "{text}");
        }
        for text in ["17850.5", ".0", "x", "1.0.0", "NANA", "0x", "N", "nil", "-"] {
            assert_eq!(customer(text.as_bytes()), Err(RowReason::NotAnInteger), "{text}");
        }
    }

    #[test]
    fn prices_are_exact_thousandths() {
        for (text, milli) in [
            ("2.55", 2_550),
            ("-11062.06", -11_062_060),
            ("0.001", 1),
            (".5", 500),
            ("5.", 5_000),
            ("4.9500", 4_950),
            ("999999999.999", 999_999_999_999),
            (" 1 ", 1_000),
        ] {
            assert_eq!(price_milli(text.as_bytes()), Ok(milli), "{text}");
        }
        for text in ["0.0001", "1000000000", "99999999999999999999.0"] {
            assert_eq!(price_milli(text.as_bytes()), Err(RowReason::OutOfRange), "{text}");
        }
        for text in ["1e3", "1,5", "NaN", ".", "-", "1.2.3", "£1"] {
            assert_eq!(price_milli(text.as_bytes()), Err(RowReason::BadNumber), "{text}");
        }
        assert_eq!(price_milli(b""), Err(RowReason::MissingValue));
    }
}
