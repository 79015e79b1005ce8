//! Addresses and telephone numbers in texts that should have none, such as a location.

use std::{borrow::Cow, net::Ipv6Addr, ops::Range};

use unicode_normalization::UnicodeNormalization;

use super::{
    address::{address, network},
    mask_but,
};
use crate::{blanks::is_blank, limits::TEXT_CHARS};

/// What becomes of a device, location, operating system or browser that holds an address or a
/// telephone number, whatever [`Pii`](super::Pii) says of the columns that are meant for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PiiTexts {
    /// The address keeps its network, the number its last two digits.
    #[default]
    Mask,
    /// The row is refused as `personal_data`.
    Refuse,
}

/// Digits of a telephone number at least, without its area.
const NUMBER_DIGITS: usize = 7;

/// Groups of an IPv6 address that is written in full.
const V6_GROUPS: usize = 8;

impl PiiTexts {
    /// Name as in the setting.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mask => "mask",
            Self::Refuse => "refuse",
        }
    }

    /// The text with whatever is personal in it masked.
    pub fn masked(text: &str) -> Cow<'_, str> {
        masked(text).map_or(Cow::Borrowed(text), Cow::Owned)
    }

    /// The text as it may be staged; `None` where its row is refused. Meant to be asked once for
    /// each distinct text.
    pub(crate) fn protected(self, text: &str) -> Option<Cow<'_, str>> {
        match (masked(text), self) {
            (None, _) => Some(Cow::Borrowed(text)),
            (Some(masked), Self::Mask) => Some(Cow::Owned(masked)),
            (Some(_), Self::Refuse) => None,
        }
    }
}

/// The value of a digit in one of the scripts that have their own, as an ASCII digit.
pub fn digit(c: char) -> Option<char> {
    const ZEROS: [u32; 18] = [
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50,
        0xed0, 0xf20, 0x1040, 0x17e0, 0x1810,
    ];
    let value = |zero: &u32| u32::from(c).checked_sub(*zero).filter(|value| *value < 10);
    ZEROS.iter().find_map(value).and_then(|value| char::from_digit(value, 10))
}

/// The text with its addresses and numbers masked; `None` where it has none.
fn masked(text: &str) -> Option<String> {
    let may_hold = |c: char| c.is_numeric() || c == ':';
    if !text.chars().any(may_hold) {
        return None;
    }
    let chars: Vec<char> = match text.is_ascii() {
        true => text.chars().collect(),
        false => text.nfkc().filter(|c| !is_invisible(*c)).map(|c| digit(c).unwrap_or(c)).collect(),
    };
    let (mut shown, mut found, mut at) = (String::new(), false, 0);
    while at < chars.len() {
        let (end, protected) = next(&chars, at);
        match protected {
            Some(protected) => {
                found = true;
                shown.push_str(&protected);
            }
            None => shown.extend(&chars[at..end]),
        }
        at = end;
    }
    // The form that was looked at may be longer than the one that was sent.
    found.then(|| shown.chars().take(TEXT_CHARS).collect())
}

/// Stands between characters and is not seen.
fn is_invisible(c: char) -> bool {
    (is_blank(c) && !c.is_whitespace())
        || matches!(c, '\u{ad}' | '\u{20e3}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2061}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}')
}

/// The end of what begins at `at`, and what to show in its place where that is personal.
fn next(chars: &[char], at: usize) -> (usize, Option<String>) {
    let hidden = |range: Range<usize>, kept| {
        let mut masked = String::new();
        mask_but(&chars[range].iter().collect::<String>(), kept, &mut masked);
        Some(masked)
    };
    if let Some(end) = long_hex(chars, at) {
        return (end, hidden(at..end, 0));
    }
    for separator in [':', '-', '.'] {
        if let Some((end, ip)) = v6(chars, at, separator) {
            return (end, ip.or_else(|| hidden(at..end, 0)));
        }
    }
    if !chars[at].is_numeric() {
        return (at + 1, None);
    }
    match dotted(chars, at) {
        Dotted::V4(end) => {
            let text: String = chars[at..end].iter().collect();
            let shown = address(&text).map(|ip| {
                let mut masked = String::new();
                network(ip, &mut masked);
                masked
            });
            (end, shown.or_else(|| hidden(at..end, 0)))
        }
        Dotted::Version(end) => (end, None),
        Dotted::Other => {
            let (end, digits) = number(chars, at);
            (end, if digits < NUMBER_DIGITS { None } else { hidden(at..end, 2) })
        }
    }
}

/// Digits, and whatever is neither letter nor digit between them, up to the next address or
/// version: the end, and the number of digits.
fn number(chars: &[char], at: usize) -> (usize, usize) {
    let (mut end, mut digits, mut seen) = (at, 0, at);
    while seen < chars.len() {
        let c = chars[seen];
        let begins = c.is_numeric() && seen > at && !chars[seen - 1].is_numeric();
        if c.is_alphanumeric() && !c.is_numeric()
            || begins && !matches!(dotted(chars, seen), Dotted::Other)
        {
            break;
        }
        seen += 1;
        if c.is_numeric() {
            digits += 1;
            end = seen;
        }
    }
    (end, digits)
}

/// Groups of digits with single points between them, and where they end.
enum Dotted {
    /// Four groups as an IPv4 address has them.
    V4(usize),
    /// Three or four, one of them after the first with a single digit, as `90.0.4430.212` has them
    /// and no telephone number; or five digits with short groups after them, `13904.55.12`.
    Version(usize),
    Other,
}

fn dotted(chars: &[char], at: usize) -> Dotted {
    let end = token(chars, at, |c| c.is_numeric() || c == '.');
    let groups: Vec<&[char]> = chars[at..end].split(|c| *c == '.').collect();
    let has = |lengths: Range<usize>| groups.iter().all(|group| lengths.contains(&group.len()));
    // Of a digit that is none of ours the value is not known.
    let octet = |group: &&[char]| {
        let value = group.iter().map(|c| c.to_digit(10)).try_fold(0, |n, d| Some(10 * n + d?));
        value.is_none_or(|value| value < 256)
    };
    if groups.len() == 4 && has(1..4) && groups.iter().all(octet) {
        return Dotted::V4(end);
    }
    // An area code of five digits begins with a 0, and longer groups follow it.
    let is_build = groups.len() == 3
        && groups[0].len() == 5
        && groups[0][0] != '0'
        && groups[1..].iter().all(|group| group.len() <= 2);
    let is_version = is_build
        || (3..=4).contains(&groups.len())
            && has(1..6)
            && groups[1..].iter().any(|group| group.len() == 1);
    if is_version { Dotted::Version(end) } else { Dotted::Other }
}

/// An IPv6 address with this separator, whole or in part: its end, and its network where it has
/// the usual form.
fn v6(chars: &[char], at: usize, separator: char) -> Option<(usize, Option<String>)> {
    let is_part =
        |c: char| c.is_ascii_hexdigit() || c == separator || (separator == ':' && c == '.');
    if at > 0 && is_part(chars[at - 1]) || !is_part(chars[at]) {
        return None;
    }
    let end = token(chars, at, is_part);
    let text: String = chars[at..end].iter().collect();
    let groups: Vec<&str> = text.split(separator).collect();
    if groups.len() < 3 {
        return None;
    }
    let named = groups.iter().filter(|group| !group.is_empty()).count();
    if separator == ':' && (text.parse::<Ipv6Addr>().is_ok() || text.ends_with("::")) {
        let glued = [at.checked_sub(1), Some(end)].into_iter().flatten();
        let glued = glued.filter_map(|at| chars.get(at)).any(|c| c.is_alphanumeric());
        if named > 2 || (!glued && text.parse::<Ipv6Addr>().is_ok()) {
            let mut masked = String::new();
            address(&text).inspect(|ip| network(*ip, &mut masked));
            return Some((end, Some(masked).filter(|masked| !masked.is_empty())));
        }
    }
    let least = if separator == ':' { 4 } else { V6_GROUPS };
    let all_short = groups.iter().filter(|group| group.len() <= 4).count() + 1 >= groups.len();
    (named >= least && all_short).then_some((end, None))
}

/// An address as one number: `0x09c8e839`, or the 32 digits of IPv6.
fn long_hex(chars: &[char], at: usize) -> Option<usize> {
    if at > 0 && chars[at - 1].is_ascii_hexdigit() {
        return None;
    }
    let from = match chars[at..] {
        ['0', 'x' | 'X', ..] => at + 2,
        _ => at,
    };
    let end = from + chars[from..].iter().take_while(|c| c.is_ascii_hexdigit()).count();
    let least = if from > at { NUMBER_DIGITS } else { 4 * V6_GROUPS };
    (end - from >= least).then_some(end)
}

/// The end of the characters from `at` on that belong together, without points that end a sentence.
fn token(chars: &[char], at: usize, is_part: impl Fn(char) -> bool) -> usize {
    let end = at + chars[at..].iter().take_while(|c| is_part(**c)).count();
    end - chars[at..end].iter().rev().take_while(|c| matches!(c, '.' | '-')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spellings of 9.200.232.57, 2001:db8:85a3:8d3:1319:8a2e:370:7348 and 821-540-5777.
    const SPELLINGS: &[(&str, &str)] = &[
        ("Firefox 9.200.232.57", "Firefox 9.200.232.0"),
        ("009.200.232.057", "9.200.232.0"),
        ("9.200.232.57:8080", "9.200.232.0:8080"),
        ("http://9.200.232.57/a", "http://9.200.232.0/a"),
        ("v9.200.232.57, see", "v9.200.232.0, see"),
        ("９.２００.２３２.５７", "9.200.232.0"),
        ("9.2\u{200b}00.232.57", "9.200.232.0"),
        ("\u{669}.\u{662}00.232.57", "9.200.232.0"),
        ("9[.]200[.]232[.]57", "#[.]###[.]###[.]57"),
        ("9-200-232-57", "#-###-###-57"),
        ("0x09c8e839", "##########"),
        ("164161593", "#######93"),
        ("57.232.200.9.in-addr.arpa", "57.232.200.0.in-addr.arpa"),
        ("2001:db8:85a3:8d3:1319:8a2e:370:7348", "2001:db8::"),
        ("[2001:DB8::7348]:443", "[2001:db8::]:443"),
        ("2001:0db8:85a3:08d3:1319:8a2e:0370:7348%eth0", "2001:db8::%eth0"),
        ("::ffff:9.200.232.57", "9.200.232.0"),
        ("xdead:beef:cafe:1abe::f00d", "xdead:beef::"),
        ("Call 821-540-5777", "Call ###-###-##77"),
        ("(821) 540 5777", "(###) ### ##77"),
        ("+1 821.540.5777", "+# ###.###.##77"),
        ("8215405777", "########77"),
        ("01234.56.78", "#####.##.78"),
        ("tel:821/540/5777 now", "tel:###/###/##77 now"),
        ("８２１‐５４０‐５７７７", "###‐###‐##77"),
        ("8 2 1 5 4 0 5 7 7 7", "# # # # # # # # 7 7"),
        ("8️⃣2️⃣1️⃣5️⃣4️⃣0️⃣5️⃣7️⃣7️⃣7️⃣", "########77"),
        ("②①⑧ 821 5777", "### ### ##77"),
    ];

    #[test]
    fn addresses_and_numbers_are_masked_however_they_are_spelled() {
        for (text, expected) in SPELLINGS {
            assert_eq!(masked(text).as_deref(), Some(*expected), "{text}");
            assert_eq!(PiiTexts::Refuse.protected(text), None, "{text}");
        }
        for text in [
            "2001-db8-85a3-8d3-1319-8a2e-370-7348",
            "8.4.3.7.0.7.3.0.e.2.a.8.9.1.3.1.3.d.8.0.3.a.5.8.8.b.d.0.1.0.0.2.ip6.arpa",
            "20010db885a308d313198a2e03707348",
        ] {
            let shown = masked(text).unwrap_or_default();
            assert!(!shown.contains(|c: char| c.is_ascii_hexdigit() && c.is_numeric() && c != '6'));
        }
    }

    #[test]
    fn names_and_versions_are_left_alone() {
        for text in [
            "Mobile",
            "iPhone 12 Pro Max",
            "Windows 10",
            "Windows NT 10.0.19041",
            "Windows 10 10.0.19041.1234",
            "Chrome 90.0.4430.212",
            "Chrome 115.0.5790.171 64",
            "Chrome 120.0.6099.71",
            "Chrome OS 13904.55.12",
            "Edge 18.9",
            "AppleWebKit/537.36",
            "Vivaldi 3.8.2259.42",
            "Apple iOS 14.4.2",
            "New York, NY 10001",
            "Kansas: North",
            "std::vector",
            "12:30:45",
            "District 9",
            "São Paulo 04",
            "2021-04",
        ] {
            assert_eq!(masked(text), None, "{text}");
        }
    }

    #[test]
    fn a_masked_text_is_no_longer_than_a_text_may_be() {
        let text = "\u{fdfa}".repeat(190) + " 8215405777";
        assert_eq!(masked(&text).unwrap().chars().count(), TEXT_CHARS);
    }
}
