//! Protection of IP addresses and telephone numbers in staged rows.

mod address;
mod key;
mod text;

use std::fmt::Write;

use self::{
    address::{address, network},
    key::Domain,
};
pub use self::{key::PiiKey, text::PiiTexts};

/// What becomes of personal data.
#[derive(Clone, Debug, Default)]
pub enum Pii {
    /// An IP address keeps its network (/24, IPv6 /32), a telephone number its last two digits.
    #[default]
    Mask,
    /// HMAC-SHA256, as hexadecimal: equal values stay equal however they are spelled, and reveal
    /// nothing else. An address and a number of the same text differ.
    Hash(PiiKey),
    /// As the vendor sent it.
    Keep,
}

impl Pii {
    /// Names the mode, and the key by its fingerprint, in the parser version of staged files.
    pub(crate) fn version(&self) -> String {
        match self {
            Self::Mask => "mask".to_owned(),
            Self::Keep => "keep".to_owned(),
            Self::Hash(key) => format!("hash-{}", key.id()),
        }
    }

    /// A protected IP address; `space` holds it where it is not the text itself.
    pub(crate) fn ip<'a>(&self, text: &'a str, space: &'a mut String) -> &'a str {
        space.clear();
        match (self, address(text)) {
            (Self::Keep, _) => return text,
            // Writing into a text does not fail.
            (Self::Hash(key), Some(ip)) => {
                let _ = write!(space, "{ip}");
                key.hash(Domain::Address, space);
            }
            (Self::Hash(key), None) => {
                push_plain(text, space);
                key.hash(Domain::Address, space);
            }
            (Self::Mask, Some(ip)) => network(ip, space),
            (Self::Mask, None) => mask_but(text, 0, space),
        }
        space
    }

    /// A protected telephone number, as [`ip`](Self::ip).
    pub(crate) fn phone<'a>(&self, text: &'a str, space: &'a mut String) -> &'a str {
        space.clear();
        match self {
            Self::Keep => return text,
            Self::Hash(key) => {
                push_plain(text, space);
                key.hash(Domain::Number, space);
            }
            Self::Mask => mask_but(text, 2, space),
        }
        space
    }
}

/// Letters and digits alone, in small letters: what the spellings of one number have in common.
fn push_plain(text: &str, space: &mut String) {
    use unicode_normalization::UnicodeNormalization;
    let digit = |c: char| text::digit(c).unwrap_or(c);
    match text.is_ascii() {
        true => space.extend(text.chars().filter(char::is_ascii_alphanumeric)),
        false => space.extend(text.nfkc().map(digit).filter(|c| c.is_alphanumeric())),
    }
    space.make_ascii_lowercase();
}

/// Every letter and digit but the last `kept` as `#`; of short texts half of them at most.
fn mask_but(text: &str, kept: usize, space: &mut String) {
    let masked = |named: usize| named - kept.min(named / 2);
    if text.is_ascii() {
        let bytes = || text.bytes();
        let mut left = masked(bytes().filter(u8::is_ascii_alphanumeric).count());
        for byte in bytes() {
            let is_masked = byte.is_ascii_alphanumeric() && left > 0;
            left -= usize::from(is_masked);
            space.push(if is_masked { '#' } else { char::from(byte) });
        }
        return;
    }
    let mut left = masked(text.chars().filter(|c| c.is_alphanumeric()).count());
    space.extend(text.chars().map(|c| {
        if c.is_alphanumeric() && left > 0 {
            left -= 1;
            '#'
        } else {
            c
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Pii {
        Pii::Hash(PiiKey::parse(&format!("{byte:02x}").repeat(32)).unwrap())
    }

    #[test]
    fn masks_keep_the_network_and_two_digits() {
        let (pii, space) = (Pii::Mask, &mut String::new());
        for (text, masked) in [
            ("9.200.232.57", "9.200.232.0"),
            ("009.200.232.057", "9.200.232.0"),
            ("9.200.232.57:8080", "9.200.232.0"),
            ("2001:db8:1:2::7", "2001:db8::"),
            ("[2001:db8:1:2::7]:443", "2001:db8::"),
            ("fe80::1%eth0", "fe80::"),
            // What embeds an IPv4 address keeps no more than that address would.
            ("::ffff:9.200.232.57", "9.200.232.0"),
            ("::9.200.232.57", "9.200.232.0"),
            ("2002:09c8:e839::1", "9.200.232.0"),
            ("2001:0:53aa:64c:0:1234:f637:17c6", "9.200.232.0"),
            ("64:ff9b::09c8:e839", "9.200.232.0"),
            ("::1", "::"),
            ("host 9", "#### #"),
            ("9.200.232.570", "#.###.###.###"),
        ] {
            assert_eq!(pii.ip(text, space), masked, "{text}");
        }
        assert_eq!(pii.phone("821-540-5777", space), "###-###-##77");
        assert_eq!(pii.phone("7", space), "#");
    }

    #[test]
    fn equal_values_have_equal_hashes_however_they_are_spelled() {
        let (pii, space) = (key(7), &mut String::new());
        let mut hash = |address: bool, text: &str| {
            let hash = if address { pii.ip(text, space) } else { pii.phone(text, space) };
            hash.to_owned()
        };
        for (address, spellings) in [
            (true, &["2001:db8::7", "2001:0DB8:0:0:0:0:0:7", "[2001:db8::7]:443"][..]),
            (true, &["9.200.232.57", "009.200.232.057", "::ffff:9.200.232.57"]),
            (false, &["821-540-5777", "(821) 540 5777", "821.540.5777", "８２１ ５４０ ５７７７"]),
        ] {
            let first = hash(address, spellings[0]);
            assert!(first.len() == 64 && first.bytes().all(|byte| byte.is_ascii_hexdigit()));
            for spelling in spellings {
                assert_eq!(hash(address, spelling), first, "{spelling}");
            }
        }
        assert_ne!(hash(true, "12"), hash(false, "12"), "address and number of the same text");
        assert_ne!(hash(false, "12"), hash(false, "13"));
    }

    #[test]
    fn each_mode_and_key_has_a_version_of_its_own() {
        let versions = [Pii::Mask, Pii::Keep, key(1), key(2)].map(|pii| pii.version());
        let distinct: std::collections::BTreeSet<_> = versions.iter().collect();
        assert_eq!(distinct.len(), versions.len());
    }
}
