//! A lake in Azure Storage: where it is, and how it is entered.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use identity::{Kind, ManagedIdentity, Tokens};
use object_store::{
    BackoffConfig, ClientOptions, CredentialProvider, ObjectStore, RetryConfig,
    azure::{AzureConfigKey, AzureCredential, MicrosoftAzureBuilder},
};
use retry::{Again, Backoff, retry};
use url::{Host, Url};

use crate::{Error, azure_names::Connector};

/// The account that every emulator has, by the key that Microsoft publishes for it.
const EMULATOR: &str = "AccountName=devstoreaccount1;AccountKey=\
    Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;\
    BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1";

/// How long the service may let us wait for the next bytes, of however large an answer.
const SILENCE: Duration = Duration::from_secs(30);

/// How long a request is repeated when the service cannot be reached or has too much to do.
/// Beyond it, the caller retries: a queue, a timer, or the person.
const RETRY_LIMIT: Duration = Duration::from_secs(60);

/// The same for an emulator, which somebody forgot to start.
const RETRY_LIMIT_LOCAL: Duration = Duration::from_secs(3);

/// Pauses between two tries of a request.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What a token must be good for.
const SCOPE: &str = "https://storage.azure.com/.default";

/// A storage account that holds a lake, and how we may enter it.
#[derive(Clone, PartialEq, Eq)]
pub struct AzureLake {
    account: String,
    /// Of the blob service, without a slash at its end.
    endpoint: String,
    access: Access,
}

#[derive(Clone, PartialEq, Eq)]
enum Access {
    Key(String),
    /// A shared access signature.
    Signature(String),
    /// The identity of the machine: its own, or the assigned one with this client id.
    Identity(Option<String>),
}

impl AzureLake {
    /// Understands a connection string with a key or a shared access signature, and
    /// `UseDevelopmentStorage=true` for an emulator on its usual port.
    pub fn from_connection_string(text: &str) -> Result<Self, Error> {
        let get = |name: &str| {
            let parts = text.split(';').filter_map(|part| part.split_once('='));
            let mut named = parts.filter(|(known, _)| known.trim().eq_ignore_ascii_case(name));
            named.next().map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
        };
        if get("UseDevelopmentStorage").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Self::from_connection_string(EMULATOR);
        }
        let access = match (get("AccountKey"), get("SharedAccessSignature")) {
            (Some(key), _) => Access::Key(key.to_owned()),
            (None, Some(signature)) => Access::Signature(signature.to_owned()),
            (None, None) => {
                return Err(wrong("needs an AccountKey or a SharedAccessSignature"));
            }
        };
        let name = get("AccountName");
        let endpoint = match (get("BlobEndpoint"), name) {
            (Some(endpoint), _) => endpoint.to_owned(),
            (None, Some(name)) => {
                let protocol = get("DefaultEndpointsProtocol").unwrap_or("https");
                let suffix = get("EndpointSuffix").unwrap_or("core.windows.net");
                format!("{protocol}://{name}.blob.{suffix}")
            }
            (None, None) => return Err(wrong("needs an AccountName or a BlobEndpoint")),
        };
        let url = endpoint_url(&endpoint)?;
        let account = name.map_or_else(|| account_of(&url), |name| Ok(name.to_owned()))?;
        Ok(Self { account, endpoint: plain(&url), access })
    }

    /// The blob service at this address, entered with the identity of the machine: its own, or
    /// the assigned one with this client id.
    pub fn with_identity(blob_service_uri: &str, client_id: Option<&str>) -> Result<Self, Error> {
        let url = endpoint_url(blob_service_uri)?;
        // Our token would be there for all to read.
        if url.scheme() != "https" && !is_here(&url) {
            return Err(wrong("needs an address that begins with https://"));
        }
        let access = Access::Identity(client_id.map(str::to_owned));
        Ok(Self { account: account_of(&url)?, endpoint: plain(&url), access })
    }

    /// Name of the storage account.
    pub fn account(&self) -> &str {
        &self.account
    }

    /// The containers of these names.
    pub(crate) fn open(&self, containers: [&str; 3]) -> Result<[Arc<dyn ObjectStore>; 3], Error> {
        let here = Url::parse(&self.endpoint).is_ok_and(|url| is_here(&url));
        let retry_limit = if here { RETRY_LIMIT_LOCAL } else { RETRY_LIMIT };
        // The containers share one token.
        let identity = match &self.access {
            Access::Identity(client_id) => {
                let tokens = ManagedIdentity::new(SCOPE, client_id.as_deref());
                let tokens = tokens.map_err(|no| wrong(&format!("cannot be entered: {no}")))?;
                Some(Arc::new(Identity { tokens, retry_limit }))
            }
            Access::Key(_) | Access::Signature(_) => None,
        };
        let [a, b, c] = containers.map(|name| self.container(name, retry_limit, identity.clone()));
        Ok([a?, b?, c?])
    }

    fn container(
        &self,
        name: &str,
        retry_timeout: Duration,
        identity: Option<Arc<Identity>>,
    ) -> Result<Arc<dyn ObjectStore>, Error> {
        let client = ClientOptions::new()
            .with_allow_http(self.endpoint.starts_with("http:"))
            // A large file may take minutes, as long as its bytes keep coming.
            .with_timeout_disabled()
            .with_read_timeout(SILENCE);
        // Each wait is a random one up to thrice the last; the time ends them, not their number.
        let retry = RetryConfig {
            backoff: BackoffConfig {
                init_backoff: FIRST_PAUSE,
                max_backoff: LONGEST_PAUSE,
                base: 3.0,
            },
            max_retries: 50,
            retry_timeout,
        };
        let builder = MicrosoftAzureBuilder::new()
            .with_account(&self.account)
            .with_endpoint(self.endpoint.clone())
            .with_container_name(name)
            .with_client_options(client)
            .with_http_connector(Connector::default())
            .with_retry(retry);
        let builder = match (&self.access, identity) {
            (Access::Key(key), _) => {
                builder.with_access_key(key).with_credential_type("access_key")
            }
            (Access::Signature(signature), _) => builder
                .with_config(AzureConfigKey::SasKey, signature)
                .with_credential_type("sas_token"),
            (Access::Identity(_), Some(identity)) => builder.with_credentials(identity),
            (Access::Identity(_), None) => builder,
        };
        // Its error could hold the key.
        let store = builder.build().map_err(|_| match self.access {
            Access::Key(_) => wrong("has an AccountKey that is no base64"),
            Access::Signature(_) => wrong("has a SharedAccessSignature that is not understood"),
            Access::Identity(_) => wrong("cannot be entered with the identity of the machine"),
        })?;
        Ok(Arc::new(store))
    }
}

/// Tokens of the machine's identity, as the store's client asks for them.
#[derive(Debug)]
struct Identity {
    tokens: ManagedIdentity,
    retry_limit: Duration,
}

#[async_trait]
impl CredentialProvider for Identity {
    type Credential = AzureCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AzureCredential>> {
        let backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE).with_jitter();
        let token = retry(
            backoff,
            || self.tokens.token(),
            |no| (no.kind != Kind::Permanent).then_some(Again::within(self.retry_limit)),
        );
        let token = token.await.map_err(|no| object_store::Error::Generic {
            store: "managed identity",
            source: no.into(),
        })?;
        Ok(Arc::new(AzureCredential::BearerToken(token)))
    }
}

/// The address, which holds no secret.
impl fmt::Display for AzureLake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.endpoint)
    }
}

/// Without key or signature.
impl fmt::Debug for AzureLake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AzureLake").field(&self.endpoint).finish()
    }
}

fn wrong(problem: &str) -> Error {
    Error::Account { problem: problem.to_owned() }
}

fn endpoint_url(text: &str) -> Result<Url, Error> {
    let url = Url::parse(text).ok().filter(|url| {
        let plain = url.query().is_none() && url.fragment().is_none() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.has_host() && plain
    });
    url.ok_or_else(|| wrong("needs an address like https://NAME.blob.core.windows.net"))
}

fn plain(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// `NAME` of `https://NAME.blob.core.windows.net` and of `http://127.0.0.1:10000/NAME`.
fn account_of(url: &Url) -> Result<String, Error> {
    let in_path = url.path_segments().and_then(|mut parts| parts.next()).unwrap_or_default();
    let in_host = match url.host() {
        Some(Host::Domain(host)) => host.split_once('.').map_or("", |(name, _)| name),
        _ => "",
    };
    let name = if in_path.is_empty() { in_host } else { in_path };
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    is_name.then(|| name.to_owned()).ok_or_else(|| wrong("has an address that does not name it"))
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(host)) => host == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> AzureLake {
        AzureLake::from_connection_string(text).unwrap()
    }

    #[test]
    fn a_connection_string_names_account_address_and_access() {
        let usual = "DefaultEndpointsProtocol=https;AccountName=films;AccountKey=c2VjcmV0Cg==;\
                     EndpointSuffix=core.windows.net";
        let lake = read(usual);
        assert_eq!(
            (lake.account(), lake.to_string().as_str()),
            ("films", "https://films.blob.core.windows.net")
        );
        assert!(lake.access == Access::Key("c2VjcmV0Cg==".into()));
        let lake = read(
            "BlobEndpoint=https://films.z01.blob.storage.azure.net/;\
                         SharedAccessSignature=sv=2024&sig=a%2Bb%3D",
        );
        assert_eq!(lake.account(), "films");
        assert_eq!(lake.to_string(), "https://films.z01.blob.storage.azure.net");
        assert!(lake.access == Access::Signature("sv=2024&sig=a%2Bb%3D".into()));
        let lake = read(" usedevelopmentstorage = True ; ");
        assert_eq!(lake.to_string(), "http://127.0.0.1:10000/devstoreaccount1");
        let lake = read("AccountName=a;AccountKey=YQ==;BlobEndpoint=http://azurite:1/a");
        assert_eq!((lake.account(), lake.to_string().as_str()), ("a", "http://azurite:1/a"));
        for text in [usual, "BlobEndpoint=https://a.b/;SharedAccessSignature=sv=2024&sig=a%2Bb%3D"]
        {
            assert!(read(text).open(["raw", "staging", "quarantine"]).is_ok());
        }
    }

    #[test]
    fn an_identity_needs_an_address_only() {
        let lake = AzureLake::with_identity("https://films.blob.core.windows.net/", None).unwrap();
        assert_eq!(lake.account(), "films");
        assert!(lake.access == Access::Identity(None));
        let wrong = |uri| AzureLake::with_identity(uri, Some("id")).unwrap_err().to_string();
        assert!(wrong("http://films.blob.core.windows.net").contains("https://"));
        assert!(wrong("films").contains("https://NAME.blob.core.windows.net"));
        assert!(wrong("https://films.blob.core.windows.net/?sig=x").contains("NAME"));
        assert!(wrong("https://10.0.0.1").contains("does not name it"));
    }

    #[test]
    fn errors_and_debug_texts_hold_no_secret() {
        for text in [
            "AccountKey=secret",
            "AccountName=films;Key=secret",
            "AccountKey=secret;BlobEndpoint=ftp://x",
            "secret",
        ] {
            let error = AzureLake::from_connection_string(text).unwrap_err();
            assert!(!error.to_string().contains("secret") && error.is_settings(), "{error}");
            assert!(!error.is_transient());
        }
        let lake = read("AccountName=films;AccountKey=secret!");
        assert!(!format!("{lake:?}").contains("secret"));
        let error = lake.open(["raw", "staging", "quarantine"]).err().unwrap();
        assert_eq!(
            error.to_string(),
            "the lake's storage account has an AccountKey that is no base64"
        );
    }
}
