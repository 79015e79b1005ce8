//! Queue messages of any text: decoded or refused; what is decoded names our container only.

use eventgrid::{Scope, decode};

pub fn check(data: &[u8]) {
    let Ok(message) = std::str::from_utf8(data) else { return };
    let scope = Scope { account: "contosolake".to_owned(), container: "raw".to_owned() };
    let Ok(decoded) = decode(message, &scope) else { return };
    for event in decoded.events {
        assert_eq!((&event.account, &event.container), (&scope.account, &scope.container));
        assert!(!event.path.is_empty() && !event.path.chars().any(char::is_control));
        assert!(!event.path.contains('\\'));
        assert!(!event.path.split('/').any(|segment| matches!(segment, "" | "." | "..")));
    }
    for ignored in decoded.ignored {
        assert!(!ignored.why.chars().any(char::is_control), "a log could be forged");
        assert!(!ignored.event_id.chars().any(char::is_control), "a log could be forged");
    }
}
