//! Tokens of the app's managed identity, which servers take in place of a password.

use std::{error, sync::Arc, time::Duration};

use async_trait::async_trait;
use azure_core::{
    credentials::TokenCredential,
    error::ErrorKind,
    http::{ClientOptions, RetryOptions, Transport},
};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
use reqwest::{Client, redirect};

/// Gives tokens that a server accepts in place of a password. Each connection asks for one, so
/// none outlives its token's use.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// A token, or why there is none.
    async fn token(&self) -> Result<String, NoToken>;
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoToken {
    /// What went wrong and what to do, in a sentence without secrets.
    pub why: String,
    /// Another try may get one.
    pub passes: bool,
}

/// The identity of the app.
pub struct ManagedIdentity {
    credential: Arc<ManagedIdentityCredential>,
    scope: &'static str,
}

impl ManagedIdentity {
    /// Asks for tokens that are good for `scope`, such as `https://database.windows.net/.default`.
    /// A user-assigned identity is chosen by its client id.
    pub fn new(scope: &'static str, client_id: Option<&str>) -> Result<Self, NoToken> {
        let unusable = |error: &dyn error::Error| NoToken { why: error.to_string(), passes: false };
        // The endpoint of the identity is on this machine: no proxy may see it, and it answers at
        // once or not at all.
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(1))
            .build()
            .map_err(|error| unusable(&error))?;
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: client_id.map(|id| UserAssignedId::ClientId(id.to_owned())),
            client_options: ClientOptions {
                // Whoever connects tries again, within its deadline.
                retry: RetryOptions::none(),
                transport: Some(Transport::new(Arc::new(client))),
                ..Default::default()
            },
        };
        let credential =
            ManagedIdentityCredential::new(Some(options)).map_err(|error| unusable(&error))?;
        Ok(Self { credential, scope })
    }
}

#[async_trait]
impl Tokens for ManagedIdentity {
    /// The credential keeps a token until five minutes before it expires.
    async fn token(&self) -> Result<String, NoToken> {
        let token =
            self.credential.get_token(&[self.scope], None).await.map_err(|e| refused(&e))?;
        Ok(token.token.secret().to_owned())
    }
}

/// Of the texts of the SDK only the status is shown: others may quote what the endpoint said, and
/// that can be a token.
fn refused(error: &azure_core::Error) -> NoToken {
    let mut cause: Option<&(dyn error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        match error.downcast_ref::<azure_core::Error>().map(azure_core::Error::kind) {
            Some(ErrorKind::HttpResponse { status, .. }) => {
                let status = u16::from(*status);
                return NoToken {
                    why: format!(
                        "the managed identity's endpoint answered {status}; check that the app has \
                         this identity"
                    ),
                    passes: matches!(status, 408 | 429 | 500..),
                };
            }
            Some(ErrorKind::Io | ErrorKind::Connection) => {
                return NoToken {
                    why: "no managed identity is within reach; outside Azure sign in with user \
                          and password"
                        .to_owned(),
                    passes: false,
                };
            }
            _ => cause = error.source(),
        }
    }
    NoToken { why: "the managed identity gave none".to_owned(), passes: true }
}
