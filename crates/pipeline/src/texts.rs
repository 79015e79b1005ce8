//! Columns of texts: as they are, and as a dictionary where they repeat.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use arrow_array::{Array, DictionaryArray, StringArray, builder::Int32Builder, types::Int32Type};
use arrow_buffer::{Buffer, OffsetBuffer};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::{blanks::is_blank, logs::PiiTexts};

/// A column without nulls whose bytes are known to be UTF-8: whether they are is looked at once
/// for a batch, not for each row.
pub struct Texts {
    bytes: Vec<u8>,
    ends: Vec<i32>,
}

impl Default for Texts {
    fn default() -> Self {
        Self { bytes: Vec::new(), ends: vec![0] }
    }
}

impl Texts {
    /// A batch is taken long before there are 2 GiB: see [`bytes`](Self::bytes).
    pub fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len() as i32);
    }

    /// Bytes since the last batch.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// The rows since the last batch.
    pub fn take(&mut self) -> StringArray {
        // The next batch will be about as long: no growing, which copies into fresh memory.
        let ends = Vec::with_capacity(self.ends.len());
        let bytes = Vec::with_capacity(self.bytes.len() + self.bytes.len() / 8);
        let mut taken = std::mem::replace(self, Self { bytes, ends });
        self.ends.push(0);
        let values = Buffer::from_vec(std::mem::take(&mut taken.bytes));
        StringArray::new(OffsetBuffer::new(taken.ends.into()), values, None)
    }
}

/// A text without the blanks around it. Most have none, which two comparisons show.
#[inline]
pub fn trimmed(text: &[u8]) -> &[u8] {
    match (text.first(), text.last()) {
        (Some(first), Some(last)) if *first > b' ' && *last > b' ' => text,
        _ => text.trim_ascii(),
    }
}

/// A text without blanks of any kind around it. Other bytes than UTF-8 stay.
pub fn without_blanks(text: &[u8]) -> &[u8] {
    match std::str::from_utf8(text) {
        Ok(text) => text.trim_matches(is_blank).as_bytes(),
        Err(_) => text,
    }
}

/// Longest of the spellings below.
const NULL_BYTES: usize = 6;

/// Whether a text says in the words of pandas, R, Hive or a database that there is none.
#[inline]
pub fn is_null(text: &[u8]) -> bool {
    let may_begin = |byte: &u8| matches!(byte, b'n' | b'N' | b'<' | b'\\' | b'(' | b'#' | b'-');
    text.len() <= NULL_BYTES && text.first().is_some_and(may_begin) && says_null(text)
}

fn says_null(text: &[u8]) -> bool {
    let spellings: [&[u8]; 11] = [
        b"null", b"nan", b"na", b"none", b"n/a", b"nat", b"<na>", b"\\N", b"(null)", b"#n/a",
        b"-nan",
    ];
    spellings.iter().any(|spelling| text.eq_ignore_ascii_case(spelling))
}

/// A text as it is staged: without blanks around it, NFC, and empty where it says that it is null.
/// Most texts are plain already.
pub fn staged(text: &str) -> Cow<'_, str> {
    let text = text.trim_matches(is_blank);
    match text {
        _ if is_null(text.as_bytes()) => Cow::Borrowed(""),
        _ => composed(text),
    }
}

/// The text in Unicode's form NFC: an accent and its letter are one character.
pub fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfc().collect())
}

/// Texts kept from one batch to the next at most; more of them hardly repeat.
const KEPT: usize = 4_096;

/// Bytes of texts kept likewise.
const KEPT_BYTES: usize = 1 << 20;

/// Places of texts seen last, by a few of their bytes.
const RECENT: usize = 64;

/// In the place of the key of a text whose rows are refused.
const REFUSED: i32 = -1;

/// Builds the column batch by batch. The hash of a text is asked only where the text seen last in
/// its place is another one.
pub struct Repeated {
    /// What becomes of texts that hold personal data.
    pii: PiiTexts,
    keys: Int32Builder,
    texts: Vec<Arc<str>>,
    codes: HashMap<Arc<str>, i32, ahash::RandomState>,
    recent: [i32; RECENT],
    /// Bytes of all texts, and of those that are new since the last batch.
    bytes: usize,
    new_bytes: usize,
    /// All texts as a batch has them, while there are no others.
    values: Option<Arc<StringArray>>,
}

impl Default for Repeated {
    fn default() -> Self {
        Self::new(PiiTexts::default())
    }
}

impl Repeated {
    pub fn new(pii: PiiTexts) -> Self {
        Self {
            pii,
            keys: Int32Builder::new(),
            texts: Vec::new(),
            codes: HashMap::default(),
            recent: [0; RECENT],
            bytes: 0,
            new_bytes: 0,
            values: None,
        }
    }

    /// The key of a text, for [`push`](Self::push); `None` where its row is refused.
    pub fn key(&mut self, text: &str) -> Option<i32> {
        let place = place(text.as_bytes());
        let recent = self.recent[place];
        if self.texts.get(recent as usize).is_some_and(|known| **known == *text) {
            return Some(recent);
        }
        let key = match self.codes.get(text) {
            Some(key) => *key,
            None => self.add(text),
        };
        if key == REFUSED {
            return None;
        }
        self.recent[place] = key;
        Some(key)
    }

    pub fn push(&mut self, key: Option<i32>) {
        self.keys.append_option(key);
    }

    /// A text that is seen for the first time. Here alone it costs to have texts in one form of
    /// Unicode and without personal data: what is not has the key of its form that is.
    fn add(&mut self, text: &str) -> i32 {
        let form = composed(text);
        let key = match self.pii.protected(&form) {
            Some(form) => self.add_form(&form),
            None => REFUSED,
        };
        if !self.codes.contains_key(text) {
            self.bytes += text.len();
            self.new_bytes += text.len();
            self.codes.insert(text.into(), key);
        }
        key
    }

    fn add_form(&mut self, form: &str) -> i32 {
        if let Some(key) = self.codes.get(form) {
            return *key;
        }
        self.bytes += form.len();
        self.new_bytes += form.len();
        let (form, key) = (Arc::<str>::from(form), self.texts.len() as i32);
        self.texts.push(Arc::clone(&form));
        self.codes.insert(form, key);
        self.values = None;
        key
    }

    /// Bytes of texts that are new since the last batch.
    pub fn new_bytes(&self) -> usize {
        self.new_bytes
    }

    /// The rows since the last batch.
    pub fn take(&mut self) -> DictionaryArray<Int32Type> {
        self.new_bytes = 0;
        let values = self.values.get_or_insert_with(|| {
            Arc::new(StringArray::from_iter_values(self.texts.iter().map(|text| &**text)))
        });
        let values = Arc::clone(values);
        if values.len().max(self.codes.len()) > KEPT || self.bytes > KEPT_BYTES {
            *self = Self { keys: std::mem::take(&mut self.keys), ..Self::new(self.pii) };
        }
        DictionaryArray::new(self.keys.finish(), values)
    }
}

fn place(text: &[u8]) -> usize {
    let at = |n: usize| usize::from(text.get(n).copied().unwrap_or(0));
    (text.len() + at(0) + 3 * at(text.len() / 2) + 7 * at(text.len().wrapping_sub(1))) % RECENT
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;

    use super::*;

    #[test]
    fn texts_are_handed_out_batch_by_batch() {
        let mut texts = Texts::default();
        for batch in [vec!["a", "", "\u{e9}\u{20ac}"], vec![], vec!["b"]] {
            batch.iter().for_each(|text| texts.push(text.as_bytes()));
            assert_eq!(texts.bytes(), batch.iter().map(|text| text.len()).sum::<usize>());
            assert_eq!(texts.take(), StringArray::from(batch));
        }
    }

    #[test]
    fn blanks_around_a_text_are_no_part_of_it() {
        for (text, trimmed_text) in [
            ("a b", "a b"),
            (" a", "a"),
            ("a\t", "a"),
            ("a", "a"),
            (" ", ""),
            ("", ""),
            ("\u{a0}a", "\u{a0}a"),
        ] {
            assert_eq!(trimmed(text.as_bytes()), trimmed_text.as_bytes(), "{text:?}");
        }
    }

    #[test]
    fn rows_have_their_texts_however_many_there_are() {
        let mut texts = Repeated::default();
        for round in 0..3 {
            let rows: Vec<Option<String>> = (0..3 * KEPT)
                .map(|n| (n % 5 != 0).then(|| format!("{}{}", n * (round + 1) % (2 * KEPT), n % 2)))
                .chain([Some(String::new()), Some("é".to_owned()), None])
                .collect();
            for row in &rows {
                let key = row.as_deref().map(|text| texts.key(text).unwrap());
                texts.push(key);
            }
            let taken = texts.take();
            let taken = taken.downcast_dict::<StringArray>().unwrap();
            let found: Vec<_> = taken.into_iter().map(|text| text.map(str::to_owned)).collect();
            assert_eq!(found, rows);
        }
    }

    #[test]
    fn texts_with_personal_data_are_masked_or_refused_each_time() {
        let (mut masking, mut refusing) = (Repeated::default(), Repeated::new(PiiTexts::Refuse));
        let plain = masking.key("Call ###-###-##77");
        for _ in 0..2 {
            assert_eq!(masking.key("Call 821-540-5777"), plain);
            assert_eq!(refusing.key("Call 821-540-5777"), None);
            assert_eq!(refusing.key("Kansas"), Some(0));
        }
    }

    #[test]
    fn a_text_stands_once_and_stays_for_the_next_batch() {
        let mut texts = Repeated::default();
        for expected in [vec!["a", "b"], vec!["a", "b", "c"]] {
            for text in expected.iter().chain(&expected) {
                let key = texts.key(text);
                texts.push(key);
            }
            let values: Vec<_> = texts
                .take()
                .values()
                .as_string::<i32>()
                .iter()
                .flatten()
                .map(str::to_owned)
                .collect();
            assert_eq!(values, expected);
        }
    }
}
