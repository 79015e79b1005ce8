//! Tokens that servers take in place of a password: of the app's managed identity, and where there
//! is none, at an operator's desk, of the principal or workload identity that the environment
//! names, or of who signed in with the Azure CLI (`az login`).

use std::{
    env, error, fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use azure_core::{
    credentials::TokenCredential,
    error::ErrorKind,
    http::{ClientOptions, RetryOptions, Transport},
};
use azure_identity::{
    AzureCliCredential, ClientSecretCredential, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
};
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
    /// Whether another try may get one.
    pub kind: Kind,
}

/// Whether another try may get a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing answers: outside Azure there is no identity, and in Azure its endpoint may start.
    Unreachable,
    /// Its endpoint is busy or fails.
    Transient,
    /// The app has no such identity.
    Permanent,
}

impl fmt::Display for NoToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl error::Error for NoToken {}

/// The identity of the app. Its `Debug` shows no token.
#[derive(Clone, Debug)]
pub struct ManagedIdentity {
    credential: Arc<ManagedIdentityCredential>,
    /// Where there is no managed identity, in this order.
    others: Vec<Arc<dyn TokenCredential>>,
    scope: &'static str,
}

impl ManagedIdentity {
    /// Asks for tokens that are good for `scope`, such as `https://database.windows.net/.default`.
    /// A user-assigned identity is chosen by its client id.
    pub fn new(scope: &'static str, client_id: Option<&str>) -> Result<Self, NoToken> {
        let unusable = |error: &dyn error::Error| no_token(Kind::Permanent, &error.to_string());
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
                // The caller retries, within its deadline.
                retry: RetryOptions::none(),
                transport: Some(Transport::new(Arc::new(client))),
                ..Default::default()
            },
        };
        let credential =
            ManagedIdentityCredential::new(Some(options)).map_err(|error| unusable(&error))?;
        Ok(Self { credential, others: others(), scope })
    }
}

/// What may stand in for a managed identity. An app of Azure has none but its own.
fn others() -> Vec<Arc<dyn TokenCredential>> {
    if env::var_os("WEBSITE_INSTANCE_ID").is_some() {
        return Vec::new();
    }
    let mut others: Vec<Arc<dyn TokenCredential>> = Vec::new();
    let variable = |name| env::var(name).ok().filter(|value: &String| !value.is_empty());
    if let (Some(tenant), Some(client), Some(secret)) =
        (variable("AZURE_TENANT_ID"), variable("AZURE_CLIENT_ID"), variable("AZURE_CLIENT_SECRET"))
        && let Ok(principal) = ClientSecretCredential::new(&tenant, client, secret.into(), None)
    {
        others.push(principal);
    }
    if let Ok(workload) = WorkloadIdentityCredential::new(None) {
        others.push(workload);
    }
    if let Ok(cli) = AzureCliCredential::new(None) {
        others.push(cli);
    }
    others
}

#[async_trait]
impl Tokens for ManagedIdentity {
    /// The credential keeps a token until five minutes before it expires.
    async fn token(&self) -> Result<String, NoToken> {
        let error = match self.credential.get_token(&[self.scope], None).await {
            Ok(token) => return Ok(token.token.secret().to_owned()),
            Err(error) => refused(&error),
        };
        // Some networks answer in the place of the endpoint.
        if error.kind != Kind::Transient {
            for other in &self.others {
                if let Ok(token) = other.get_token(&[self.scope], None).await {
                    return Ok(token.token.secret().to_owned());
                }
            }
        }
        Err(error)
    }
}

/// Tokens for one scope: given ones, else those of the app's identity, which the first call looks
/// up.
pub struct TokenSource {
    scope: &'static str,
    tokens: OnceLock<Arc<dyn Tokens>>,
}

impl TokenSource {
    /// Of the app's identity.
    pub fn new(scope: &'static str) -> Self {
        Self { scope, tokens: OnceLock::new() }
    }

    /// From elsewhere than the app's identity.
    pub fn given(&self, tokens: Arc<dyn Tokens>) -> Self {
        Self { scope: self.scope, tokens: tokens.into() }
    }

    /// A token. A user-assigned identity is chosen by its client id.
    pub async fn token(&self, client_id: Option<&str>) -> Result<String, NoToken> {
        let tokens = match self.tokens.get() {
            Some(tokens) => tokens,
            None => {
                let identity = ManagedIdentity::new(self.scope, client_id)?;
                self.tokens.get_or_init(|| Arc::new(identity))
            }
        };
        tokens.token().await
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
                let kind = match status {
                    408 | 429 | 500.. => Kind::Transient,
                    _ => Kind::Permanent,
                };
                let why = format!(
                    "the managed identity's endpoint answered {status}; check that the app has \
                     this identity"
                );
                return no_token(kind, &why);
            }
            Some(ErrorKind::Io | ErrorKind::Connection) => {
                let why = "no managed identity found; outside Azure, sign in with `az login`, a \
                           key or a password";
                return no_token(Kind::Unreachable, why);
            }
            Some(ErrorKind::DataConversion) => {
                let why = "the answer of the managed identity's endpoint holds no token; check \
                           that the app has this identity";
                return no_token(Kind::Permanent, why);
            }
            _ => cause = error.source(),
        }
    }
    no_token(Kind::Transient, "the managed identity returned no token")
}

fn no_token(kind: Kind, why: &str) -> NoToken {
    NoToken { why: why.to_owned(), kind }
}
