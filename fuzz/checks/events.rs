//! Queue messages of any text: decoded or refused; what is decoded is a harmless path.

use eventgrid::{Scope, decode};

pub fn check(data: &[u8]) {
    let Ok(message) = std::str::from_utf8(data) else { return };
    let scope = Scope { account: "contosolake".to_owned(), container: "raw".to_owned() };
    let Ok(decoded) = decode(message, &scope) else { return };
    for path in decoded.paths {
        assert!(!path.is_empty() && !path.chars().any(char::is_control));
        assert!(!path.contains('\\'));
        assert!(!path.split('/').any(|segment| matches!(segment, "" | "." | "..")));
    }
    for why in decoded.ignored {
        assert!(!why.chars().any(char::is_control), "a log could be forged");
    }
}
