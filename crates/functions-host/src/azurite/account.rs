//! A storage account as its connection string describes it.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};

use super::Error;

/// Account and key that every emulator knows. The key is published by Microsoft and opens
/// nothing else.
const EMULATOR: (&str, &str) = (
    "devstoreaccount1",
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
);

/// A storage account that is entered with its key.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    name: String,
    key: Vec<u8>,
    blob: String,
    queue: String,
}

impl Account {
    /// Understands a connection string with a key, and `UseDevelopmentStorage=true` for an
    /// emulator on its usual ports.
    pub fn parse(connection_string: &str) -> Result<Self, Error> {
        let wrong = |problem: &str| Error::Connection { problem: problem.to_owned() };
        let get = |name: &str| {
            let parts = connection_string.split(';').filter_map(|part| part.split_once('='));
            let mut named = parts.filter(|(known, _)| known.trim().eq_ignore_ascii_case(name));
            named.next().map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
        };
        if get("UseDevelopmentStorage").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(Self::emulated("127.0.0.1:10000", "127.0.0.1:10001", EMULATOR.0));
        }
        let name = get("AccountName").ok_or_else(|| wrong("has no AccountName"))?;
        let key = get("AccountKey").ok_or_else(|| wrong("has no AccountKey"))?;
        let key = BASE64_STANDARD.decode(key).map_err(|_| wrong("has a key that is no base64"))?;
        let protocol = get("DefaultEndpointsProtocol").unwrap_or("https");
        let suffix = get("EndpointSuffix").unwrap_or("core.windows.net");
        let endpoint = |setting, service: &str| match get(setting) {
            Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
            None => format!("{protocol}://{name}.{service}.{suffix}"),
        };
        let (blob, queue) = (endpoint("BlobEndpoint", "blob"), endpoint("QueueEndpoint", "queue"));
        Ok(Self { name: name.to_owned(), key, blob, queue })
    }

    /// An account of an emulator at these addresses. All its accounts have the same key.
    pub(crate) fn emulated(blob: &str, queue: &str, name: &str) -> Self {
        let endpoint = |address: &str| format!("http://{address}/{name}");
        let key = BASE64_STANDARD.decode(EMULATOR.1).unwrap_or_default();
        Self { name: name.to_owned(), key, blob: endpoint(blob), queue: endpoint(queue) }
    }

    /// The account that every emulator has.
    pub(crate) fn of_emulator(blob: &str, queue: &str) -> Self {
        Self::emulated(blob, queue, EMULATOR.0)
    }

    /// As it stands in its addresses.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Without a slash at its end.
    pub fn blob_endpoint(&self) -> &str {
        &self.blob
    }

    /// Without a slash at its end.
    pub fn queue_endpoint(&self) -> &str {
        &self.queue
    }

    /// Holds the key: not for logs.
    pub fn connection_string(&self) -> String {
        let protocol = self.blob.split(':').next().unwrap_or("https");
        format!(
            "DefaultEndpointsProtocol={protocol};AccountName={};AccountKey={};BlobEndpoint={};\
             QueueEndpoint={};",
            self.name,
            self.key_in_base64(),
            self.blob,
            self.queue
        )
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    pub(crate) fn key_in_base64(&self) -> String {
        BASE64_STANDARD.encode(&self.key)
    }
}

/// Without the key.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, blob, queue, .. } = self;
        f.debug_struct("Account")
            .field("name", name)
            .field("blob", blob)
            .field("queue", queue)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_string_names_the_account_and_where_it_is() {
        let account = Account::parse("AccountName=films;AccountKey=c2VjcmV0").unwrap();
        assert_eq!(account.blob_endpoint(), "https://films.blob.core.windows.net");
        assert_eq!(account.queue_endpoint(), "https://films.queue.core.windows.net");
        assert_eq!(account.key(), b"secret");
        let text = "DefaultEndpointsProtocol=http; AccountName=a;AccountKey=c2VjcmV0;\
                    BlobEndpoint=http://b/a/;EndpointSuffix=core.chinacloudapi.cn";
        let account = Account::parse(text).unwrap();
        assert_eq!(account.blob_endpoint(), "http://b/a");
        assert_eq!(account.queue_endpoint(), "http://a.queue.core.chinacloudapi.cn");
        assert_eq!(Account::parse(&account.connection_string()).unwrap(), account);
        assert!(!format!("{account:?}").contains("c2VjcmV0"));
    }

    #[test]
    fn the_emulator_has_a_short_name() {
        let account = Account::parse("UseDevelopmentStorage=true").unwrap();
        assert_eq!(account.name(), "devstoreaccount1");
        assert_eq!(account.queue_endpoint(), "http://127.0.0.1:10001/devstoreaccount1");
    }

    #[test]
    fn what_is_missing_is_named_and_nothing_is_repeated() {
        let wrong = |text| Account::parse(text).unwrap_err().to_string();
        assert!(wrong("AccountKey=c2VjcmV0").ends_with("has no AccountName"));
        assert!(wrong("AccountName=a;SharedAccessSignature=x").ends_with("has no AccountKey"));
        assert!(!wrong("AccountName=a;AccountKey=?secret").contains("secret"));
    }
}
