//! `ENGINE`: where facts are computed.

use super::WrongSetting;

/// Where facts are computed.
#[derive(Clone, Debug)]
pub enum EngineSetting {
    /// In this process.
    Embedded,
    /// On a cluster, what outgrows this process.
    #[cfg(feature = "spark-connect")]
    Cluster(::engine::spark::Address),
}

impl EngineSetting {
    pub(super) fn read(value: Option<String>) -> Result<Self, WrongSetting> {
        // The value may hold a token: it is not repeated.
        match value.as_deref() {
            None | Some("embedded") => Ok(Self::Embedded),
            Some(address) if address.starts_with("sc://") => cluster(address),
            Some(reference) if reference.starts_with("@Microsoft.KeyVault(") => Err(wrong(
                "its Key Vault reference is not resolved: check the secret and the access of the \
                 app's identity to it",
            )),
            Some(_) => Err(wrong("write embedded, or sc://HOST:PORT/;KEY=VALUE;... for a cluster")),
        }
    }
}

#[cfg(feature = "spark-connect")]
fn cluster(address: &str) -> Result<EngineSetting, WrongSetting> {
    let address = ::engine::spark::Address::parse(address);
    address.map(EngineSetting::Cluster).map_err(|error| wrong(&error.to_string()))
}

#[cfg(not(feature = "spark-connect"))]
fn cluster(_address: &str) -> Result<EngineSetting, WrongSetting> {
    Err(wrong(
        "this build has no support for clusters: build it with the cargo feature spark-connect, \
         as `cargo xtask package --spark` does",
    ))
}

fn wrong(problem: &str) -> WrongSetting {
    WrongSetting::new("ENGINE", problem)
}
