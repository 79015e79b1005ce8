//! Texts in CSV, which people open in a spreadsheet.

use std::borrow::Cow;

/// The text with a quote before it where a spreadsheet would take it for a formula and run it, as
/// OWASP advises. Vendors choose these texts; numbers are ours and need no quote.
pub fn no_formula(text: &str) -> Cow<'_, str> {
    // Some programs leave out blanks before it.
    match text.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::no_formula;

    #[test]
    fn a_text_is_no_formula_and_others_stay_as_they_are() {
        for formula in ["=1+1", "+1", "-1", "@sum(a1)", "\t=1", "\r=1", "\n=1", " =1"] {
            assert_eq!(no_formula(formula), format!("'{formula}"));
        }
        for text in ["", "Kansas", "a=1", "'=1", "2021-04-19"] {
            assert_eq!(no_formula(text), text);
        }
    }
}
