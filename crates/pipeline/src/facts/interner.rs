//! Codes for the texts of a dimension, local to one batch of facts.

use std::collections::HashMap;

/// Text of key and code 0: what a fact shows where the log names nothing.
pub const UNKNOWN: &str = "Unknown";

/// Texts in the order of their codes. Code 0 is always [`UNKNOWN`].
#[derive(Clone, Debug)]
pub struct Interner {
    texts: Vec<String>,
    codes: HashMap<String, u32>,
}

impl Default for Interner {
    fn default() -> Self {
        let mut interner = Self { texts: Vec::new(), codes: HashMap::new() };
        interner.code(UNKNOWN);
        interner
    }
}

impl Interner {
    /// The code of a text, a new one where it has none yet.
    pub fn code(&mut self, text: &str) -> u32 {
        if let Some(&code) = self.codes.get(text) {
            return code;
        }
        let code = self.texts.len() as u32;
        self.texts.push(text.to_owned());
        self.codes.insert(text.to_owned(), code);
        code
    }

    /// Texts by code.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }
}
