//! Who signs what we publish.

use std::fmt;

use identity::{Kind, ManagedIdentity, NoToken, Tokens};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use crate::error::{Error, Failure};

/// What a token must be good for.
const SCOPE: &str = "https://eventgrid.azure.net/.default";

const KEY: HeaderName = HeaderName::from_static("aeg-sas-key");

/// How to sign. Its `Debug` shows no secret.
#[derive(Clone)]
pub enum Auth {
    /// One of the two keys of the topic.
    Key(String),
    /// The identity of the app; a user-assigned one is chosen by its client id. It needs the role
    /// EventGrid Data Sender on the topic.
    ManagedIdentity {
        /// Of a user-assigned identity.
        client_id: Option<String>,
    },
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(_) => f.write_str("Key(..)"),
            Self::ManagedIdentity { client_id } => {
                f.debug_struct("ManagedIdentity").field("client_id", client_id).finish()
            }
        }
    }
}

/// Makes the header that signs a request.
#[derive(Clone, Debug)]
pub(crate) enum Signer {
    /// Marked as sensitive, so its `Debug` does not show it.
    Key(HeaderValue),
    Identity(ManagedIdentity),
}

impl Signer {
    pub fn new(auth: Auth) -> Result<Self, Error> {
        match auth {
            Auth::Key(key) => Self::key(key.trim()),
            Auth::ManagedIdentity { client_id } => {
                let identity = ManagedIdentity::new(SCOPE, client_id.as_deref());
                Ok(Self::Identity(identity.map_err(unassigned)?))
            }
        }
    }

    fn key(key: &str) -> Result<Self, Error> {
        if key.is_empty() {
            return Err(Error::Key { why: "is empty" });
        }
        let value = HeaderValue::from_str(key);
        let mut value = value.map_err(|_| Error::Key { why: "holds a control character" })?;
        value.set_sensitive(true);
        Ok(Self::Key(value))
    }

    /// The header. A token is kept until five minutes before it expires.
    pub async fn header(&self) -> Result<(HeaderName, HeaderValue), Failure> {
        let identity = match self {
            Self::Key(value) => return Ok((KEY, value.clone())),
            Self::Identity(identity) => identity,
        };
        let token = identity.token().await.map_err(|no| match no.kind {
            Kind::Permanent => Failure::Final(unassigned(no)),
            Kind::Unreachable | Kind::Transient => Failure::again(format!("no token: {}", no.why)),
        })?;
        let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| {
            let why = "its token cannot be sent in a header".to_owned();
            Failure::Final(Error::Identity { why })
        })?;
        value.set_sensitive(true);
        Ok((AUTHORIZATION, value))
    }
}

fn unassigned(NoToken { why, .. }: NoToken) -> Error {
    Error::Identity { why }
}
