//! What a cluster's failure means: try again, look at the settings, or it cannot be done.

use spark_connect_core::{SparkError, SparkErrorKind};

use super::Address;
use crate::Error;

/// Codes of gRPC.
const CANCELLED: i32 = 1;
const UNKNOWN: i32 = 2;
const INVALID_ARGUMENT: i32 = 3;
const DEADLINE_EXCEEDED: i32 = 4;
const NOT_FOUND: i32 = 5;
const PERMISSION_DENIED: i32 = 7;
const RESOURCE_EXHAUSTED: i32 = 8;
const ABORTED: i32 = 10;
const UNIMPLEMENTED: i32 = 12;
const UNAVAILABLE: i32 = 14;
const UNAUTHENTICATED: i32 = 16;

/// Of what a cluster says, as much as a person reads.
const LONGEST: usize = 300;

/// An answer that ended before it was whole.
pub fn ended() -> SparkError {
    let mut error = SparkError::connect_msg("it ended its answer before it was whole");
    error.grpc_code = Some(UNAVAILABLE);
    error
}

/// Whether the connection failed, and not what was asked.
pub fn is_broken(error: &SparkError) -> bool {
    let disconnected = error.error_class.starts_with("INVALID_CURSOR.DISCONNECTED")
        || error.message.contains("INVALID_CURSOR.DISCONNECTED");
    // A connection that ends within a message is of no kind known to gRPC, and has no details.
    let unknown = error.grpc_code == Some(UNKNOWN) && error.grpc_details.is_none();
    disconnected || unknown || matches!(error.grpc_code, Some(CANCELLED | ABORTED | UNAVAILABLE))
}

/// The error of a call, in words.
pub fn of(address: &Address, doing: &'static str, error: &SparkError) -> Error {
    let cluster = address.to_string();
    let detail = detail(address, error);
    match error.grpc_code {
        Some(UNAUTHENTICATED | PERMISSION_DENIED) => Error::Refused { cluster, detail },
        Some(CANCELLED | DEADLINE_EXCEEDED | RESOURCE_EXHAUSTED | ABORTED | UNAVAILABLE) => {
            Error::Lost { cluster, doing, detail }
        }
        // Sessions and queries that the cluster does not know any more: it was restarted.
        _ if error.error_class.starts_with("INVALID_HANDLE")
            || error.error_class.starts_with("INVALID_CURSOR") =>
        {
            Error::Lost { cluster, doing, detail }
        }
        Some(INVALID_ARGUMENT | NOT_FOUND | UNIMPLEMENTED) | None => {
            Error::Query { cluster, doing, detail }
        }
        Some(_) => match error.kind {
            SparkErrorKind::Analysis
            | SparkErrorKind::Parse
            | SparkErrorKind::Arithmetic
            | SparkErrorKind::IllegalArgument
            | SparkErrorKind::InvalidPlanInput
            | SparkErrorKind::UnsupportedOperation => Error::Query { cluster, doing, detail },
            // Executors that died, storage that did not answer: the next try may have more luck.
            _ => Error::Lost { cluster, doing, detail },
        },
    }
}

/// The first line of what it says, without the token.
pub fn detail(address: &Address, error: &SparkError) -> String {
    let said = if error.message.is_empty() { error.message() } else { error.message.clone() };
    let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
    let line = match address.secret() {
        Some(secret) => line.replace(&secret, "(token)"),
        None => line.to_owned(),
    };
    line.trim().chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: Option<i32>, class: &str, kind: SparkErrorKind, message: &str) -> Error {
        let mut error = SparkError::connect_msg(message);
        (error.grpc_code, error.kind) = (code, kind);
        error.error_class = class.to_owned();
        of(&Address::parse("sc://localhost/;token=secret").unwrap(), "joined", &error)
    }

    #[test]
    fn each_failure_has_its_kind() {
        use SparkErrorKind::{Analysis, Connect, SparkRuntime};
        for (code, class, kind, transient) in [
            (Some(UNAVAILABLE), "", Connect, true),
            (Some(13), "INVALID_HANDLE.SESSION_CLOSED", Connect, true),
            (Some(13), "", SparkRuntime, true),
            (Some(13), "UNRESOLVED_COLUMN.WITH_SUGGESTION", Analysis, false),
            (Some(UNAUTHENTICATED), "", Connect, false),
            (Some(INVALID_ARGUMENT), "", Connect, false),
            (None, "", Connect, false),
        ] {
            let error = error(code, class, kind, "a\nb");
            assert_eq!(error.is_transient(), transient, "{error}");
            assert!(!error.to_string().contains('\n'), "{error}");
        }
    }

    #[test]
    fn the_token_stands_in_no_error() {
        let kind = SparkErrorKind::Connect;
        let text = error(Some(UNAUTHENTICATED), "", kind, "no secret here").to_string();
        assert!(text.contains("(token)") && !text.contains("secret"), "{text}");
    }
}
