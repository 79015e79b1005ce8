//! `ENGINE=sc://HOST:PORT/;KEY=VALUE;...`: which cluster, and how it is asked.

use std::{fmt, time::Duration};

use spark_connect_core::ChannelBuilder;

/// A query takes no longer, or it is given up.
const DEADLINE: Duration = Duration::from_secs(20 * 60);

/// A cluster that speaks Spark Connect. The parameters of Spark's own connection string (`token`,
/// `use_ssl`, `user_id`, and headers such as `x-databricks-cluster-id`) go to the cluster; `lake`,
/// `from_rows` and `deadline_s` are ours.
#[derive(Clone)]
pub struct Address {
    pub(super) channel: ChannelBuilder,
    /// URL of the staging container, as the cluster reaches it.
    pub(super) lake: Option<String>,
    /// Rows of a dirty set from which on the cluster is asked.
    pub(super) from_rows: Option<u64>,
    pub(super) deadline: Duration,
}

/// The address is not understood. It holds a token, so it is not repeated.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongAddress(&'static str);

impl Address {
    /// Reads `sc://HOST:PORT/;KEY=VALUE;...`. A token without TLS is refused, unless the host is
    /// this machine.
    pub fn parse(text: &str) -> Result<Self, WrongAddress> {
        const FORM: &str = "write sc://HOST:PORT/;KEY=VALUE;...";
        let rest = text.strip_prefix("sc://").ok_or(WrongAddress(FORM))?;
        let (host, parameters) = rest.split_once(';').unwrap_or((rest, ""));
        let (mut lake, mut from_rows, mut deadline) = (None, None, DEADLINE);
        let mut theirs = Vec::new();
        for parameter in parameters.split(';').filter(|parameter| !parameter.is_empty()) {
            let (key, value) = parameter.split_once('=').ok_or(WrongAddress(FORM))?;
            match key {
                "lake" => lake = Some(value.trim_end_matches('/').to_owned()),
                "from_rows" => {
                    let rows = value.parse().ok();
                    from_rows = Some(rows.ok_or(WrongAddress("from_rows is not a whole number"))?);
                }
                "deadline_s" => {
                    let seconds = value.parse().ok().filter(|seconds| *seconds > 0);
                    let wrong = WrongAddress("deadline_s is not a whole number above 0");
                    deadline = Duration::from_secs(seconds.ok_or(wrong)?);
                }
                _ => theirs.push(parameter),
            }
        }
        let theirs = match theirs.as_slice() {
            [] => String::new(),
            theirs => format!("/;{}", theirs.join(";")),
        };
        let host = host.trim_end_matches('/');
        let channel = ChannelBuilder::parse(&format!("sc://{host}{theirs}"))
            .map_err(|_| WrongAddress(FORM))?;
        // The client would refuse it at the first query only.
        if channel.token().is_some() && !channel.use_ssl() && !channel.is_loopback() {
            return Err(WrongAddress("a token needs use_ssl=true, or anybody could read it"));
        }
        Ok(Self { channel, lake, from_rows, deadline })
    }

    /// What must stand in no text that leaves us.
    pub(super) fn secret(&self) -> Option<String> {
        self.channel.token().filter(|token| !token.is_empty())
    }
}

/// Without the token.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sc://{}", self.channel.endpoint())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.to_string()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_and_theirs_are_told_apart() {
        let address = Address::parse(
            "sc://adb-1.azuredatabricks.net:443/;use_ssl=true;token=dapi;\
             x-databricks-cluster-id=1-a;lake=abfss://staging@films.dfs.core.windows.net/;\
             from_rows=5;deadline_s=60",
        )
        .unwrap();
        assert_eq!(address.to_string(), "sc://adb-1.azuredatabricks.net:443");
        assert_eq!(address.secret().as_deref(), Some("dapi"));
        let headers = [("x-databricks-cluster-id".to_owned(), "1-a".to_owned())];
        assert_eq!(address.channel.metadata(), headers);
        assert_eq!(address.lake.unwrap(), "abfss://staging@films.dfs.core.windows.net");
        assert_eq!((address.from_rows, address.deadline), (Some(5), Duration::from_secs(60)));
        for plain in ["sc://h", "sc://h:15002", "sc://h:15002/", "sc://h;from_rows=1"] {
            assert!(Address::parse(plain).is_ok(), "{plain}");
        }
    }

    #[test]
    fn a_wrong_address_is_not_repeated_and_a_token_never_shown() {
        for wrong in [
            "https://h/;token=secret",
            "sc://;token=secret",
            "sc://h/path/;token=secret",
            "sc://h:port/;token=secret",
            "sc://h/;token=secret",
            "sc://h/;token=secret;use_ssl=true;from_rows=many",
            "sc://h/;token=secret;use_ssl=true;deadline_s=0",
            "sc://h/;secret",
        ] {
            let error = Address::parse(wrong).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
        let address = Address::parse("sc://localhost/;token=secret").unwrap();
        assert!(!format!("{address:?} {address}").contains("secret"));
    }
}
