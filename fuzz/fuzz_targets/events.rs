//! Queue messages of any text: decoded or refused; what is decoded names our container only.

#![no_main]

use eventgrid::{Scope, decode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|message: &str| {
    let scope = Scope { account: "contosolake".to_owned(), container: "raw".to_owned() };
    if let Ok(decoded) = decode(message, &scope) {
        for event in decoded.events {
            assert_eq!((event.account, event.container), (scope.account.clone(), scope.container.clone()));
            assert!(!event.path.is_empty() && !event.path.chars().any(char::is_control));
            assert!(!event.path.split('/').any(|segment| matches!(segment, "" | "." | "..")));
        }
        assert!(decoded.ignored.iter().all(|ignored| !ignored.why.contains('\n')));
    }
});
