//! Protection of IP addresses and telephone numbers in staged rows.

use std::{
    fmt::{self, Write},
    net::IpAddr,
};

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// What becomes of personal data.
#[derive(Clone, Debug, Default)]
pub enum Pii {
    /// An IP address keeps its network (/24, IPv6 /48), a telephone number its last two digits.
    #[default]
    Mask,
    /// HMAC-SHA256, as hexadecimal: equal values stay equal, and reveal nothing else.
    Hash(PiiKey),
    /// As the vendor sent it.
    Keep,
}

/// The secret of [`Pii::Hash`]. Never shown.
#[derive(Clone)]
pub struct PiiKey(Vec<u8>);

impl PiiKey {
    /// A key of at least one byte.
    pub fn new(key: impl Into<Vec<u8>>) -> Option<Self> {
        Some(Self(key.into())).filter(|key| !key.0.is_empty())
    }
}

impl fmt::Debug for PiiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PiiKey")
    }
}

impl Pii {
    /// Names the mode, and the key by a digest, in the parser version of staged files.
    pub(crate) fn version(&self) -> String {
        match self {
            Self::Mask => "mask".to_owned(),
            Self::Keep => "keep".to_owned(),
            Self::Hash(key) => {
                let mut digest = String::new();
                hex(&Sha256::digest(&key.0), &mut digest);
                format!("hash-{}", &digest[..8])
            }
        }
    }

    /// A protected IP address; `space` holds it where it is not the text itself.
    pub(crate) fn ip<'a>(&self, text: &'a str, space: &'a mut String) -> &'a str {
        space.clear();
        match self {
            Self::Keep => return text,
            Self::Hash(key) => hash(key, text, space),
            Self::Mask => match text.parse() {
                Ok(IpAddr::V4(_)) => {
                    // Such an address has one form only: what stands before its last number is
                    // the network.
                    let network = text.rfind('.').map_or(0, |point| point + 1);
                    space.push_str(&text[..network]);
                    space.push('0');
                }
                Ok(IpAddr::V6(ip)) => {
                    let [a, b, c, ..] = ip.segments();
                    // Writing into a text does not fail.
                    let _ = write!(space, "{a:x}:{b:x}:{c:x}::");
                }
                Err(_) => mask_but(text, 0, space),
            },
        }
        space
    }

    /// A protected telephone number, as [`ip`](Self::ip).
    pub(crate) fn phone<'a>(&self, text: &'a str, space: &'a mut String) -> &'a str {
        space.clear();
        match self {
            Self::Keep => return text,
            Self::Hash(key) => hash(key, text, space),
            Self::Mask => mask_but(text, 2, space),
        }
        space
    }
}

fn hash(key: &PiiKey, text: &str, space: &mut String) {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(&key.0).expect("a key of any length makes an HMAC");
    mac.update(text.as_bytes());
    hex(&mac.finalize().into_bytes(), space);
}

fn hex(bytes: &[u8], space: &mut String) {
    for byte in bytes {
        // Writing into a text does not fail.
        let _ = write!(space, "{byte:02x}");
    }
}

/// Every letter and digit but the last `kept` as `#`; of short texts half of them at most.
fn mask_but(text: &str, kept: usize, space: &mut String) {
    let named = text.chars().filter(|c| c.is_alphanumeric()).count();
    let mut left = named - kept.min(named / 2);
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

    #[test]
    fn masks_keep_the_network_and_two_digits() {
        let (pii, space) = (Pii::Mask, &mut String::new());
        assert_eq!(pii.ip("9.200.232.57", space), "9.200.232.0");
        assert_eq!(pii.ip("2001:db8:1:2::7", space), "2001:db8:1::");
        assert_eq!(pii.ip("::ffff:9.200.232.57", space), "0:0:0::");
        assert_eq!(pii.ip("009.200.232.57", space), "###.###.###.##");
        assert_eq!(pii.ip("host 9", space), "#### #");
        assert_eq!(pii.phone("821-540-5777", space), "###-###-##77");
        assert_eq!(pii.phone("7", space), "#");
    }

    #[test]
    fn hashes_are_hmac_sha256_under_the_key() {
        // Test case 2 of RFC 4231.
        let pii = Pii::Hash(PiiKey::new("Jefe").unwrap());
        assert_eq!(
            pii.phone("what do ya want for nothing?", &mut String::new()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert!(!format!("{pii:?}").contains("Jefe"));
        assert!(PiiKey::new("").is_none());
    }

    #[test]
    fn each_mode_and_key_has_a_version_of_its_own() {
        let key = |text: &str| Pii::Hash(PiiKey::new(text).unwrap()).version();
        let versions = [Pii::Mask.version(), Pii::Keep.version(), key("a"), key("b")];
        let distinct: std::collections::BTreeSet<_> = versions.iter().collect();
        assert_eq!(distinct.len(), versions.len());
    }
}
