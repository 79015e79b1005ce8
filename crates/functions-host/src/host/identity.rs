//! Who calls an HTTP function, as the handler gets it.

use serde_json::{Value, json};

/// The key that a caller gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Function,
    Master,
}

/// An element of `Identities`.
pub(crate) fn identity(key: Option<Key>) -> Value {
    let claims = match key {
        None => Vec::new(),
        Some(Key::Function) => claims("Function", "default"),
        Some(Key::Master) => claims("Admin", "master"),
    };
    json!({
        "AuthenticationType": key.map(|_| "WebJobsAuthLevel"),
        "IsAuthenticated": key.is_some(),
        "Actor": null,
        "BootstrapContext": null,
        "Claims": claims,
        "Label": null,
        "Name": null,
        "NameClaimType": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
        "RoleClaimType": "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
    })
}

fn claims(level: &str, key: &str) -> Vec<Value> {
    let claim = |kind: &str, value: &str| {
        json!({
            "Issuer": "LOCAL AUTHORITY",
            "OriginalIssuer": "LOCAL AUTHORITY",
            "Properties": {},
            "Type": format!("http://schemas.microsoft.com/2017/07/functions/claims/{kind}"),
            "Value": value,
            "ValueType": "http://www.w3.org/2001/XMLSchema#string",
        })
    };
    vec![claim("authlevel", level), claim("invoke", "true"), claim("keyid", key)]
}
