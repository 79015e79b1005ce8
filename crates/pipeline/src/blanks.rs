//! Which characters are blank.

/// Whether a character is blank: white space of Unicode, or what takes no room at all.
pub fn is_blank(character: char) -> bool {
    match character {
        '\0'..='\x7f' => matches!(character, ' ' | '\x09'..='\x0d'),
        '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{180e}' | '\u{feff}' => true,
        _ => character.is_whitespace(),
    }
}
