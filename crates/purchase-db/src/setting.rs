//! `USER_PURCHASE_DB`: where the database is, who signs in, and how far the server is trusted.

use std::{fmt, path::PathBuf, str::FromStr};

use percent_encoding::percent_decode_str;
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};

/// Where the database is and who signs in. Neither `Debug` nor `Display` shows a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Setting {
    pub(crate) config: Config,
    pub(crate) trust: Trust,
    /// Instead of a password: a user-assigned identity by its client id, else the app's own.
    pub(crate) identity: Option<Option<String>>,
}

/// Of which server the certificate is good enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Encrypted or not, any certificate.
    Anyone,
    /// One that one of these has signed, whatever the name in it.
    SignedBy(Roots),
    /// Signed, and of this very name.
    Named(Roots),
}

/// Who may sign the server's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Roots {
    /// Whom this machine trusts.
    System,
    /// A file in PEM form.
    File(PathBuf),
}

/// Why the setting is not understood. It never repeats the setting.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WrongUrl(String);

/// What may be written.
pub const HELP: &str = "postgres://USER:PASSWORD@HOST:5432/DATABASE; in Azure, leave the password out to \
    sign in with the managed identity";

impl Setting {
    /// Reads a `postgres://` URL as libpq does, with `sslmode` and `sslrootcert`. Without
    /// `sslmode` a server elsewhere has to prove its name (`verify-full`), and one on this machine
    /// need not (`prefer`). Where the URL has no password, the `identity` signs in, if there is
    /// one and the server is not on this machine.
    pub fn parse(text: &str, identity: Option<Option<&str>>) -> Result<Self, WrongUrl> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(wrong(format!("unknown form; write {HELP}")));
        }
        let (url, mode, root) = take_ssl(text)?;
        let invalid = "the URL is invalid: percent-encode its special characters; write";
        let mut config = Config::from_str(&url).map_err(|_| wrong(format!("{invalid} {HELP}")))?;
        if config.get_hosts().is_empty() {
            return Err(wrong(format!("the URL names no host; write {HELP}")));
        }
        if config.get_user().is_none() || config.get_dbname().is_none() {
            return Err(wrong(format!("the URL names no user or no database; write {HELP}")));
        }
        let local = config.get_hosts().iter().all(is_local);
        let (mode, trust) = trust(mode.as_deref(), root, local)?;
        let identity = identity.filter(|_| config.get_password().is_none() && !local);
        if identity.is_some() && !matches!(trust, Trust::Named(_)) {
            return Err(wrong(
                "the managed identity sends its token only to a server with a verified name: \
                 write sslmode=verify-full",
            ));
        }
        config.ssl_mode(mode).application_name("movie-analytics");
        let identity = identity.map(|client_id| client_id.map(str::to_owned));
        Ok(Self { config, trust, identity })
    }

    /// As a name: the same for all ways to write the same database.
    pub fn key(&self) -> String {
        self.address().to_lowercase()
    }

    /// `host:5432/database`.
    fn address(&self) -> String {
        let ports = self.config.get_ports();
        let hosts = self.config.get_hosts().iter().enumerate().map(|(n, host)| {
            let port = ports.get(n).or(ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(host) => format!("{host}:{port}"),
                Host::Unix(folder) => format!("{}:{port}", folder.display()),
            }
        });
        let database = self.config.get_dbname().unwrap_or_default();
        format!("{}/{database}", hosts.collect::<Vec<_>>().join(","))
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://{}", self.address())
    }
}

impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Setting({self})")
    }
}

fn wrong(text: impl Into<String>) -> WrongUrl {
    WrongUrl(text.into())
}

/// Parameters of libpq for other ways to sign in.
const UNSUPPORTED: [&str; 7] =
    ["sslcert", "sslkey", "sslcrl", "sslnegotiation", "gssencmode", "passfile", "service"];

/// The URL without `sslmode` and `sslrootcert`, of which the driver knows too little.
fn take_ssl(text: &str) -> Result<(String, Option<String>, Option<String>), WrongUrl> {
    let (base, query) = text.split_once('?').unwrap_or((text, ""));
    let (mut mode, mut root) = (None, None);
    let mut rest = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (slot, value) = match pair.split_once('=') {
            Some(("sslmode", value)) => (&mut mode, value),
            Some(("sslrootcert", value)) => (&mut root, value),
            Some((name, _)) if UNSUPPORTED.contains(&name) => {
                return Err(wrong(
                    "client certificates, Kerberos and files with passwords are not supported: \
                     sign in with a password or the managed identity",
                ));
            }
            _ => {
                rest.push(pair);
                continue;
            }
        };
        let value = percent_decode_str(value).decode_utf8();
        *slot = Some(value.map_err(|_| wrong("a value is not UTF-8"))?.into_owned());
    }
    let url = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    Ok((url, mode, root))
}

fn trust(
    mode: Option<&str>,
    root: Option<String>,
    local: bool,
) -> Result<(SslMode, Trust), WrongUrl> {
    let given = root.is_some();
    let roots = match root.as_deref() {
        None | Some("system") => Roots::System,
        Some(file) => Roots::File(file.into()),
    };
    Ok(match mode {
        Some("disable") => (SslMode::Disable, Trust::Anyone),
        Some("prefer") => (SslMode::Prefer, Trust::Anyone),
        None if local && !given => (SslMode::Prefer, Trust::Anyone),
        // As libpq: with a root at hand the certificate is checked.
        Some("require") if given => (SslMode::Require, Trust::SignedBy(roots)),
        Some("require") => (SslMode::Require, Trust::Anyone),
        Some("verify-ca") => (SslMode::Require, Trust::SignedBy(roots)),
        None | Some("verify-full") => (SslMode::Require, Trust::Named(roots)),
        Some(_) => {
            let known = "verify-full, verify-ca, require, prefer or disable";
            return Err(wrong(format!("unknown sslmode: write {known}")));
        }
    })
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(host) => matches!(host.as_str(), "localhost" | "::1") || host.starts_with("127."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Setting, String> {
        Setting::parse(text, Some(Some("0f"))).map_err(|error| error.to_string())
    }

    #[test]
    fn a_url_names_a_database_without_its_password() {
        let setting = parse("postgres://etl:secret@DB.example/Shop?connect_timeout=5").unwrap();
        assert_eq!(setting.to_string(), "postgres://DB.example:5432/Shop");
        assert_eq!(setting.key(), "db.example:5432/shop");
        assert!(!format!("{setting:?}").contains("secret"));
        assert_eq!((setting.trust, setting.identity), (Trust::Named(Roots::System), None));
        let local = parse("postgres:///shop?host=/run/pg&port=6000&user=me").unwrap();
        assert_eq!(local.key(), "/run/pg:6000/shop");
    }

    #[test]
    fn certificates_are_checked_as_libpq_does() {
        let file = || Roots::File("/ca.pem".into());
        for (query, mode, trust) in [
            ("sslmode=disable", SslMode::Disable, Trust::Anyone),
            ("sslmode=prefer", SslMode::Prefer, Trust::Anyone),
            ("sslmode=require", SslMode::Require, Trust::Anyone),
            ("sslmode=require&sslrootcert=%2Fca.pem", SslMode::Require, Trust::SignedBy(file())),
            ("sslrootcert=/ca.pem&sslmode=verify-full", SslMode::Require, Trust::Named(file())),
        ] {
            let setting = parse(&format!("postgres://u:p@h/d?{query}")).unwrap();
            assert_eq!((setting.config.get_ssl_mode(), setting.trust), (mode, trust), "{query}");
        }
        let local = parse("postgres://u@localhost/d").unwrap();
        assert_eq!((local.trust, local.identity), (Trust::Anyone, None));
        assert_eq!(local.config.get_ssl_mode(), SslMode::Prefer);
    }

    #[test]
    fn an_identity_signs_in_where_there_is_no_password() {
        let setting = parse("postgres://app@h/d").unwrap();
        assert_eq!(setting.identity, Some(Some("0f".to_owned())));
        assert_eq!(Setting::parse("postgres://app@h/d", None).unwrap().identity, None);
        let error = parse("postgres://app@h/d?sslmode=require").unwrap_err();
        assert!(error.contains("sslmode=verify-full"), "{error}");
    }

    #[test]
    fn errors_do_not_repeat_the_value() {
        for (text, expected) in [
            ("mysql://u:secret@h/d", "unknown form"),
            ("postgres://u:secret@h", "no database"),
            ("postgres://u:secret@h/d?sslmode=allow", "unknown sslmode"),
            ("postgres://u:secret@h/d?secret=1", "is invalid"),
            ("postgres://u:secret@h/d?sslkey=secret", "not supported"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected) && !error.contains("secret"), "{error}");
        }
    }
}
