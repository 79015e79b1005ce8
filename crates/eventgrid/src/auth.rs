//! Who signs what we publish.

use std::{fmt, sync::Arc, time::Duration};

use azure_core::{
    credentials::TokenCredential,
    error::ErrorKind,
    http::{ClientOptions, RetryOptions, Transport},
};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
use reqwest::{
    Client,
    header::{AUTHORIZATION, HeaderName, HeaderValue},
    redirect,
};

use crate::{Error, publisher::Failure};

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
    Identity(Arc<ManagedIdentityCredential>),
}

impl Signer {
    pub fn new(auth: Auth) -> Result<Self, Error> {
        match auth {
            Auth::Key(key) => Self::key(key.trim()),
            Auth::ManagedIdentity { client_id } => Self::identity(client_id),
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

    fn identity(client_id: Option<String>) -> Result<Self, Error> {
        // The endpoint of the identity is on this machine: no proxy may see it, and it answers
        // at once or not at all.
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(1))
            .build()
            .map_err(|error| Error::Client { why: error.to_string() })?;
        let client_options = ClientOptions {
            // The publisher tries again itself, within its deadline.
            retry: RetryOptions::none(),
            transport: Some(Transport::new(Arc::new(client))),
            ..Default::default()
        };
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: client_id.map(UserAssignedId::ClientId),
            client_options,
        };
        let credential = ManagedIdentityCredential::new(Some(options));
        Ok(Self::Identity(credential.map_err(|error| Error::Identity { why: error.to_string() })?))
    }

    /// The header. A token is kept by the credential until five minutes before it expires.
    pub async fn header(&self) -> Result<(HeaderName, HeaderValue), Failure> {
        let credential = match self {
            Self::Key(value) => return Ok((KEY, value.clone())),
            Self::Identity(credential) => credential,
        };
        let token = credential.get_token(&[SCOPE], None).await.map_err(|error| failure(&error))?;
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.token.secret()))
            .map_err(|_| Failure::Final(identity("its token cannot be sent in a header")))?;
        value.set_sensitive(true);
        Ok((AUTHORIZATION, value))
    }
}

fn identity(why: impl Into<String>) -> Error {
    Error::Identity { why: why.into() }
}

/// Whether to ask again. Of the texts of the SDK only the status is shown: others may quote what
/// the endpoint said, and that can be a token.
fn failure(error: &azure_core::Error) -> Failure {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<azure_core::Error>().map(azure_core::Error::kind);
        match kind {
            Some(ErrorKind::HttpResponse { status, .. }) => {
                let status = u16::from(*status);
                let why = format!("its endpoint answered {status}");
                return match status {
                    408 | 429 | 500.. => Failure::again(format!("no token: {why}")),
                    _ => Failure::Final(identity(why)),
                };
            }
            Some(ErrorKind::Io | ErrorKind::Connection) => {
                return Failure::again("no token: the managed identity's endpoint is out of reach");
            }
            Some(ErrorKind::DataConversion) => {
                return Failure::Final(identity("its endpoint's answer holds no token"));
            }
            _ => cause = error.source(),
        }
    }
    Failure::again("no token from the managed identity")
}
