//! The secret under which addresses and numbers are hashed, and erased people are remembered.

use std::{
    fmt::{self, Write},
    sync::Arc,
};

use base64::{Engine, alphabet, engine};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Bytes of a key at least: as many as a hash has.
const LEAST: usize = 32;

/// Hexadecimal digits of a fingerprint.
const FINGERPRINT: usize = 12;

/// What a hash is for: the same text has another hash in each domain.
#[derive(Clone, Copy)]
pub enum Domain {
    Address,
    Number,
    Customer,
    Review,
}

/// The secret of [`Pii::Hash`](super::Pii::Hash). Never shown.
#[derive(Clone)]
pub struct PiiKey {
    /// Of each [`Domain`].
    domains: Arc<[Hmac<Sha256>; 4]>,
    id: String,
}

impl PiiKey {
    /// Reads a key of at least 32 bytes, written in base64 or in hexadecimal. An error says what is
    /// wrong with it, and nothing of it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let bytes = decoded(text.trim()).ok_or(
            "neither base64 nor hexadecimal: make a key with `openssl rand -base64 48 | tr -d '\\n'`",
        )?;
        if bytes.len() < LEAST {
            return Err(
                "shorter than 32 bytes: make a key with `openssl rand -base64 48 | tr -d '\\n'`",
            );
        }
        // Keys of their own, so that nothing said of one domain helps in another.
        let derived = |purpose: &str| mac(&mac(&bytes, purpose).finalize().into_bytes(), "");
        let mut id = String::new();
        hex(&derived("fingerprint").finalize().into_bytes(), &mut id);
        id.truncate(FINGERPRINT);
        let domains = ["address", "number", "customer", "review"].map(derived);
        Ok(Self { domains: Arc::new(domains), id })
    }

    /// A keyed fingerprint: it tells keys apart, and is no test for guesses of one that has 32
    /// random bytes.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// By what the list of erased customers knows one: 64 hexadecimal digits.
    pub fn customer(&self, id: i64) -> String {
        self.hash_id(Domain::Customer, id)
    }

    /// By what it knows a review of theirs.
    pub fn review(&self, id: i64) -> String {
        self.hash_id(Domain::Review, id)
    }

    fn hash_id(&self, domain: Domain, id: i64) -> String {
        let mut space = id.to_string();
        self.hash(domain, &mut space);
        space
    }

    /// Puts the hash in the place of the text. Allocates nothing.
    pub(super) fn hash(&self, domain: Domain, space: &mut String) {
        let mut mac = self.domains[domain as usize].clone();
        mac.update(space.as_bytes());
        space.clear();
        hex(&mac.finalize().into_bytes(), space);
    }
}

impl fmt::Debug for PiiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PiiKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Hexadecimal where all of it could be that, else base64 of either alphabet, padded or not.
fn decoded(text: &str) -> Option<Vec<u8>> {
    if text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).ok();
        return (0..text.len()).step_by(2).map(byte).collect();
    }
    let config = engine::GeneralPurposeConfig::new()
        .with_decode_padding_mode(engine::DecodePaddingMode::Indifferent);
    [alphabet::STANDARD, alphabet::URL_SAFE]
        .iter()
        .find_map(|alphabet| engine::GeneralPurpose::new(alphabet, config).decode(text).ok())
}

fn mac(key: &[u8], text: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::new_from_slice(key).expect("a key of any length makes an HMAC");
    mac.update(text.as_bytes());
    mac
}

fn hex(bytes: &[u8], space: &mut String) {
    for byte in bytes {
        // Writing into a text does not fail.
        let _ = write!(space, "{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_in_hexadecimal_and_in_either_base64() {
        let bytes: Vec<u8> = (0..33_u8).map(|n| n.wrapping_mul(31) ^ 251).collect();
        let mut hexadecimal = String::new();
        hex(&bytes, &mut hexadecimal);
        let standard = engine::general_purpose::STANDARD.encode(&bytes);
        let url_safe = engine::general_purpose::URL_SAFE_NO_PAD.encode(&bytes);
        let id = |text: &str| PiiKey::parse(text).unwrap().id;
        assert_eq!(id(&hexadecimal).len(), 12);
        assert_eq!(
            [&standard, &url_safe].map(|text| id(text)),
            [id(&hexadecimal), id(&hexadecimal)]
        );
        assert_ne!(id(&hexadecimal), id(&format!("{hexadecimal}01")));
        assert!(!hexadecimal.contains(&id(&hexadecimal)));
    }

    #[test]
    fn a_customer_and_a_review_of_the_same_number_differ() {
        let key = PiiKey::parse(&"5e".repeat(32)).unwrap();
        assert_eq!(key.customer(7), key.clone().customer(7));
        assert_ne!(key.customer(7), key.review(7));
        assert_ne!(key.customer(7), PiiKey::parse(&"5f".repeat(32)).unwrap().customer(7));
    }

    #[test]
    fn a_key_that_can_be_guessed_is_refused_and_none_is_shown() {
        for (text, why) in [
            ("k", "neither base64"),
            ("secret of the test", "neither base64"),
            (&*"ab".repeat(31), "shorter"),
            ("c2hvcnQ=", "shorter"),
            ("", "shorter"),
        ] {
            assert!(PiiKey::parse(text).unwrap_err().starts_with(why), "{text}");
        }
        let key = PiiKey::parse(&"5e".repeat(32)).unwrap();
        assert!(!format!("{key:?}").contains("5e5e"));
    }
}
