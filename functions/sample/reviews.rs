//! The text of reviews: sentences put together until the length is right.

use super::{
    Sample,
    phrases::{ADJECTIVES, GOOD, NEARLY_GOOD, PEOPLE, SENTENCES, THINGS},
    put::digits,
    rng::{Rng, Stream},
};

/// Lengths of real reviews in percent of their mean, one for each sixteenth of them.
const LENGTHS: [u64; 16] = [30, 38, 45, 50, 54, 57, 62, 68, 74, 83, 94, 108, 128, 155, 200, 354];
/// Half a sentence: by so much a review outgrows its length.
const OVERSHOOT: u64 = 45;

/// A part of a sentence, its quotes doubled as CSV wants them.
enum Piece {
    Text(Vec<u8>),
    Person,
    Adjective,
    Thing,
}

struct Sentence {
    pieces: Vec<Piece>,
    /// Has a comma or a quote.
    special: bool,
}

/// Writes reviews.
pub struct Reviewer {
    seed: u64,
    mean: u64,
    positive: u64,
    plain: Vec<Sentence>,
    good: Vec<Sentence>,
    nearly: Vec<Sentence>,
    text: Vec<u8>,
}

impl Reviewer {
    pub fn new(sample: &Sample) -> Self {
        let Sample { seed, review_bytes: mean, positive, .. } = *sample;
        let [plain, good, nearly] =
            [SENTENCES, GOOD, NEARLY_GOOD].map(|texts| texts.iter().map(|s| sentence(s)).collect());
        Self { seed, mean, positive, plain, good, nearly, text: Vec::new() }
    }

    /// Appends the row of a review. Whether it is positive depends on seed and id, not on its
    /// length.
    pub fn write(&mut self, out: &mut Vec<u8>, id: i64, customer: i64) {
        digits(out, customer.unsigned_abs());
        out.push(b',');
        self.field(out, id);
        out.push(b',');
        digits(out, id.unsigned_abs());
        out.push(b'\n');
    }

    /// Appends the text of a review, in quotes where it needs them.
    pub fn field(&mut self, out: &mut Vec<u8>, id: i64) {
        let Self { seed, mean, positive, plain, good, nearly, text } = self;
        let mut rng = Rng::new(*seed, Stream::Review, id);
        let mut said = !rng.in_thousand(*positive);
        let mut nearly_said = !rng.in_thousand(300);
        let percent = rng.pick(&LENGTHS) * (90 + rng.below(21)) / 100;
        let length = (*mean * percent / 100).saturating_sub(OVERSHOOT) as usize;
        let when = rng.below(length as u64 + 1) as usize;
        text.clear();
        let mut special = false;
        loop {
            let (from, is_last) = (text.len(), text.len() >= length);
            let sentence = if !said && (is_last || from >= when) {
                said = true;
                rng.one(good)
            } else if !nearly_said && from >= when {
                nearly_said = true;
                rng.one(nearly)
            } else if is_last && from > 0 {
                break;
            } else {
                rng.one(plain)
            };
            match rng.below(100) {
                _ if from == 0 => {}
                0..8 => text.extend_from_slice(b"<br /><br />"),
                8 => {
                    text.push(b'\n');
                    special = true;
                }
                _ => text.push(b' '),
            }
            special |= sentence.special;
            sentence.append(text, &mut rng);
        }
        if special {
            out.push(b'"');
        }
        out.extend_from_slice(text);
        if special {
            out.push(b'"');
        }
    }
}

impl Sentence {
    fn append(&self, out: &mut Vec<u8>, rng: &mut Rng) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Person => out.extend_from_slice(rng.pick(&PEOPLE).as_bytes()),
                Piece::Adjective => out.extend_from_slice(rng.pick(&ADJECTIVES).as_bytes()),
                Piece::Thing => out.extend_from_slice(rng.pick(&THINGS).as_bytes()),
            }
        }
    }
}

/// Takes a sentence of the list apart: `@` is a person, `#` an adjective, `%` a thing.
fn sentence(text: &str) -> Sentence {
    let mut pieces = Vec::new();
    for part in text.split_inclusive(['@', '#', '%']) {
        let slot = match part.as_bytes().last() {
            Some(b'@') => Some(Piece::Person),
            Some(b'#') => Some(Piece::Adjective),
            Some(b'%') => Some(Piece::Thing),
            _ => None,
        };
        let words = part.trim_end_matches(['@', '#', '%']);
        pieces.push(Piece::Text(words.replace('"', "\"\"").into_bytes()));
        pieces.extend(slot);
    }
    Sentence { pieces, special: text.contains(['"', ',']) }
}
