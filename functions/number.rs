//! Numbers as people read them.

/// With its thousands apart: `541,909`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// With its noun: `1 day`, `7 days`. The noun's plural ends in `s`.
pub fn of(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number))
}

/// In few signs, where there is no room for more: `9.8M`.
pub fn short(number: u64) -> String {
    let (unit, sign) = match number {
        0..100_000 => return count(number),
        100_000..1_000_000 => (1_000, "K"),
        1_000_000..1_000_000_000 => (1_000_000, "M"),
        _ => (1_000_000_000, "B"),
    };
    // Cut, not rounded: 999,999 must not become 1000K.
    let tenths = number / (unit / 10);
    format!("{}.{}{sign}", count(tenths / 10), tenths % 10)
}

/// Hundredths of 1/100,000, rounded half away from zero: `-14,090.02`.
pub fn money(e5: i128) -> String {
    let cents = (e5.unsigned_abs() + 500) / 1_000;
    let sign = if e5 < 0 && cents > 0 { "-" } else { "" };
    let units = u64::try_from(cents / 100).unwrap_or(u64::MAX);
    format!("{sign}{}.{:02}", count(units), cents % 100)
}

/// A part of a whole: `34.8%`.
pub fn share(part: u64, whole: u64) -> String {
    format!("{:.1}%", ratio(part, whole) * 100.0)
}

/// From 0 to 1; 0 of nothing.
pub fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let counts = [0, 999, 1_000, 541_909, 1_000_000].map(count);
        assert_eq!(counts, ["0", "999", "1,000", "541,909", "1,000,000"]);
    }

    #[test]
    fn one_of_anything_has_no_plural() {
        assert_eq!(
            [of(0, "day"), of(1, "day"), of(1_000, "day")],
            ["0 days", "1 day", "1,000 days"]
        );
    }

    #[test]
    fn short_numbers_are_short() {
        let texts = [99_999, 123_456, 999_999, 9_800_795, 12_345_678_901].map(short);
        assert_eq!(texts, ["99,999", "123.4K", "999.9K", "9.8M", "12.3B"]);
    }

    #[test]
    fn money_has_two_decimals() {
        let amounts = [0, 499, 500, -499, -1_500, 1_409_002_300, -123_456_789_000_000].map(money);
        let expected = ["0.00", "0.00", "0.01", "0.00", "-0.02", "14,090.02", "-1,234,567,890.00"];
        assert_eq!(amounts, expected);
    }

    #[test]
    fn a_share_of_nothing_is_none() {
        assert_eq!([share(1, 3), share(0, 0), share(7, 7)], ["33.3%", "0.0%", "100.0%"]);
    }
}
