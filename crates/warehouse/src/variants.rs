//! Members of a dimension that are most likely one text, written in several ways.

use std::collections::BTreeMap;

use pipeline::dimensions::{COUNT, DIMENSIONS};
use serde::Serialize;

/// Members that are looked through; a warehouse with more is left alone.
pub(crate) const MOST_MEMBERS: u64 = 20_000;

/// Texts of one dimension that differ in case or blanks alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Variants {
    /// Name of the dimension.
    pub dimension: &'static str,
    /// The texts, in the order of their bytes.
    pub texts: Vec<String>,
}

/// Of all members, by the place of their dimension, those with variants.
pub(crate) fn variants(members: impl IntoIterator<Item = (usize, String)>) -> Vec<Variants> {
    let mut groups: [BTreeMap<String, Vec<String>>; COUNT] = Default::default();
    for (place, text) in members {
        if let Some(group) = groups.get_mut(place) {
            group.entry(folded(&text)).or_default().push(text);
        }
    }
    let groups = DIMENSIONS.iter().zip(groups).flat_map(|(dimension, groups)| {
        let several = groups.into_values().filter(|texts| texts.len() > 1);
        several.map(|mut texts| {
            texts.sort();
            Variants { dimension: dimension.name, texts }
        })
    });
    groups.collect()
}

/// A text without what its variants differ in. Capital letters first, since some have two small ones.
fn folded(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200d}'));
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ").to_uppercase().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_differ_in_case_or_blanks_alone_are_variants_within_their_dimension() {
        let members = [
            (0, "Mobile"),
            (0, "mobile"),
            (0, "Tablet"),
            (1, "Apple iOS"),
            (1, "Apple\u{a0}iOS"),
            (1, "apple  ios"),
            (1, "Mobile"),
            (2, "Straße"),
            (2, "STRASSE"),
            (2, "ΟΔΟΣ"),
            (2, "οδος"),
            (2, "οδοσ"),
            (2, "Québec"),
            (2, "Quebec"),
        ];
        let found = variants(members.map(|(place, text)| (place, text.to_owned())));
        let found: Vec<_> = found.iter().map(|v| (v.dimension, v.texts.len())).collect();
        assert_eq!(found, [("device", 2), ("os", 3), ("location", 2), ("location", 3)]);
    }
}
