//! Where a SQL Server is, and who signs in.

use std::{fmt, net::Ipv6Addr};

/// Where a database is and who signs in. Neither `Debug` nor `Display` shows a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) database: String,
    pub(super) login: Login,
    pub(super) encryption: Encryption,
    pub(super) trust_any_certificate: bool,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Login {
    Password { user: String, password: String },
    Identity { client_id: Option<String> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encryption {
    Required,
    /// TLS from the first byte on (TDS 8).
    Strict,
    /// Where the server offers it, with whatever certificate: `Encrypt=False`.
    Optional,
}

/// Why a setting is not understood. It never repeats the setting.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WrongServer(String);

/// What may be written.
pub const HELP: &str = "sqlserver://SERVER/DATABASE for a managed identity, or a connection string \
    such as Server=tcp:HOST,1433;Initial Catalog=DATABASE;User ID=USER;Password=PASSWORD";

impl Server {
    /// Reads `sqlserver://server[:port]/database` or an ADO connection string. A user-assigned
    /// identity is chosen by its client id.
    pub fn parse(text: &str, client_id: Option<&str>) -> Result<Self, WrongServer> {
        match text.strip_prefix("sqlserver://") {
            Some(rest) => by_identity(rest, client_id),
            None => connection_string(text, client_id),
        }
    }

    /// Host and port.
    #[cfg(feature = "conformance")]
    #[doc(hidden)]
    pub fn address(&self) -> (String, u16) {
        (self.host.clone(), self.port)
    }

    /// As a name for files: the same for all ways to write the same database.
    pub fn key(&self) -> String {
        format!("{}-{}-{}", self.host, self.port, self.database).to_lowercase()
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sqlserver://{}", self.host)?;
        if self.port != 1433 {
            write!(f, ":{}", self.port)?;
        }
        write!(f, "/{}", self.database)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({self})")
    }
}

fn wrong(text: impl Into<String>) -> WrongServer {
    WrongServer(text.into())
}

fn by_identity(rest: &str, client_id: Option<&str>) -> Result<Server, WrongServer> {
    if rest.contains(['@', '?', ';']) {
        return Err(wrong(
            "sqlserver:// takes no user and no options: write sqlserver://SERVER/DATABASE for a \
             managed identity, or a connection string for a user with a password",
        ));
    }
    let (server, database) = rest.trim_end_matches('/').split_once('/').unwrap_or((rest, ""));
    let (host, port) = match server.split_once(':') {
        Some((host, port)) => (host, number(port)?),
        None => (server, 1433),
    };
    let login = Login::Identity { client_id: client_id.map(str::to_owned) };
    server_of(host, port, database, login)
}

fn connection_string(text: &str, client_id: Option<&str>) -> Result<Server, WrongServer> {
    let mut server = None;
    let (mut database, mut user, mut password) = (None, None, None);
    let (mut encrypt, mut trust, mut authentication) = (None, None, None);
    for (key, value) in pairs(text)? {
        let slot = match key.as_str() {
            "server" | "datasource" | "address" | "addr" | "networkaddress" => &mut server,
            "initialcatalog" | "database" => &mut database,
            "userid" | "uid" | "user" | "username" => &mut user,
            "password" | "pwd" => &mut password,
            "encrypt" => &mut encrypt,
            "trustservercertificate" => &mut trust,
            "authentication" => &mut authentication,
            "integratedsecurity" | "trustedconnection" if !is_no(&value) => {
                return Err(wrong(
                    "Integrated Security is not supported: write User ID and Password, or \
                     Authentication=Active Directory Managed Identity",
                ));
            }
            // Pooling, timeouts and the like are this program's own affair.
            _ => continue,
        };
        *slot = Some(value);
    }
    let server = server.ok_or_else(|| wrong(format!("no Server in it; write {HELP}")))?;
    let (host, port) = address(&server)?;
    let login = match authentication.as_deref().map(plain).as_deref() {
        None | Some("sqlpassword") => match (user, password) {
            (Some(user), Some(password)) => Login::Password { user, password },
            _ => {
                return Err(wrong(
                    "User ID or Password is missing: write both, or \
                     Authentication=Active Directory Managed Identity",
                ));
            }
        },
        Some(
            "activedirectorymanagedidentity" | "activedirectorymsi" | "activedirectorydefault",
        ) => Login::Identity { client_id: user.or_else(|| client_id.map(str::to_owned)) },
        Some(_) => {
            return Err(wrong(
                "this Authentication is not supported: write Active Directory Managed Identity or \
                 Sql Password",
            ));
        }
    };
    let mut server = server_of(&host, port, &database.unwrap_or_default(), login)?;
    server.encryption = encryption(encrypt.as_deref())?;
    server.trust_any_certificate = trust.is_some_and(|value| is_yes(&value));
    Ok(server)
}

fn server_of(host: &str, port: u16, database: &str, login: Login) -> Result<Server, WrongServer> {
    if host.is_empty() || host.contains(char::is_whitespace) {
        return Err(wrong(format!("no server in it; write {HELP}")));
    }
    if database.is_empty() || database.contains('/') {
        return Err(wrong(format!("no database in it; write {HELP}")));
    }
    Ok(Server {
        host: host.to_owned(),
        port,
        database: database.to_owned(),
        login,
        encryption: Encryption::Required,
        trust_any_certificate: false,
    })
}

fn encryption(value: Option<&str>) -> Result<Encryption, WrongServer> {
    match value.map(plain).as_deref() {
        None | Some("true" | "yes" | "mandatory") => Ok(Encryption::Required),
        Some("strict") => Ok(Encryption::Strict),
        Some("false" | "no" | "optional") => Ok(Encryption::Optional),
        Some(_) => Err(wrong("Encrypt is not understood: write True, Strict or False")),
    }
}

/// `tcp:HOST,PORT`.
fn address(server: &str) -> Result<(String, u16), WrongServer> {
    let server = server.trim();
    let server = server.strip_prefix("tcp:").unwrap_or(server);
    let (host, port) = match server.split_once(',') {
        Some((host, port)) => (host, number(port)?),
        None => (server, 1433),
    };
    if host.contains('\\') {
        return Err(wrong("named instances are not looked up: write Server=tcp:HOST,PORT"));
    }
    let host = match host.trim() {
        "." | "(local)" => "localhost",
        host => host,
    };
    if host.contains(':') && host.parse::<Ipv6Addr>().is_err() {
        return Err(wrong("the port of the server follows a comma: write Server=tcp:HOST,PORT"));
    }
    Ok((host.to_owned(), port))
}

fn number(port: &str) -> Result<u16, WrongServer> {
    port.trim().parse().map_err(|_| wrong("the port of the server is no number below 65536"))
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_ascii_lowercase()
}

fn is_yes(value: &str) -> bool {
    matches!(plain(value).as_str(), "true" | "yes")
}

fn is_no(value: &str) -> bool {
    matches!(plain(value).as_str(), "false" | "no" | "")
}

/// Keys in lower case without spaces, and values; quotes may stand around a value, and doubled ones
/// in it.
fn pairs(text: &str) -> Result<Vec<(String, String)>, WrongServer> {
    let mut pairs = Vec::new();
    let mut rest = text.trim_start_matches([' ', ';']);
    while !rest.is_empty() {
        let (key, after) =
            rest.split_once('=').ok_or_else(|| wrong(format!("not understood; write {HELP}")))?;
        let after = after.trim_start();
        let (value, after) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => quoted(&after[1..], quote)?,
            _ => {
                let (value, after) = after.split_once(';').unwrap_or((after, ""));
                (value.trim().to_owned(), after)
            }
        };
        pairs.push((plain(key), value));
        rest = after.trim_start_matches([' ', ';']);
    }
    Ok(pairs)
}

fn quoted(text: &str, quote: char) -> Result<(String, &str), WrongServer> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let (part, after) = rest
            .split_once(quote)
            .ok_or_else(|| wrong("a quoted value has no end: close the quote"))?;
        value.push_str(part);
        match after.strip_prefix(quote) {
            Some(after) => {
                value.push(quote);
                rest = after;
            }
            None => return Ok((value, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Server, String> {
        Server::parse(text, Some("0f")).map_err(|error| error.to_string())
    }

    #[test]
    fn a_managed_identity_needs_server_and_database() {
        let server = parse("sqlserver://films.database.windows.net/movies").unwrap();
        assert_eq!(server.to_string(), "sqlserver://films.database.windows.net/movies");
        assert_eq!(server.key(), "films.database.windows.net-1433-movies");
        assert!(matches!(&server.login, Login::Identity { client_id: Some(id) } if id == "0f"));
        assert_eq!(parse("sqlserver://h:1444/d/").unwrap().to_string(), "sqlserver://h:1444/d");
        for wrong in ["sqlserver://h", "sqlserver:///d", "sqlserver://h:x/d", "sqlserver://"] {
            parse(wrong).unwrap_err();
        }
    }

    #[test]
    fn connection_strings_are_read_as_others_write_them() {
        let server = parse(
            "Server=tcp:localhost,1444;Initial Catalog=movies;Persist Security Info=False;\
             User ID=etl; Password=\"a;b\"\"c\" ;Encrypt=True;TrustServerCertificate=True;\
             Connection Timeout=30;",
        )
        .unwrap();
        assert_eq!((server.host.as_str(), server.port), ("localhost", 1444));
        assert!(server.trust_any_certificate && server.encryption == Encryption::Required);
        assert_eq!(parse("Server=::1;Database=d;UID=u;PWD=p").unwrap().host, "::1");
        let Login::Password { user, password } = &server.login else { panic!("{server:?}") };
        assert_eq!((user.as_str(), password.as_str()), ("etl", "a;b\"c"));
        let msi = "data source=h;database=d;Authentication=Active Directory Default;UID=1a";
        assert!(matches!(
            parse(msi).unwrap().login,
            Login::Identity { client_id: Some(id) } if id == "1a"
        ));
    }

    #[test]
    fn usual_keys_are_accepted_in_each_spelling() {
        for server in ["Server", "Data Source", "Addr", "Address", "Network Address"] {
            for database in ["Database", "Initial Catalog"] {
                for (user, password) in
                    [("User ID", "Password"), ("UID", "PWD"), ("user id", "Pwd"), ("User", "pwd")]
                {
                    let text = format!(
                        "{server}=tcp:h,1433;{database}=d;{user}=u;{password}=p;\
                         Connection Timeout=30;Connect Timeout=15;Command Timeout=30;\
                         MultipleActiveResultSets=False;Persist Security Info=False;\
                         Application Name=x;Pooling=true;Max Pool Size=100;\
                         ConnectRetryCount=3;ApplicationIntent=ReadWrite;\
                         MultiSubnetFailover=True;Integrated Security=False;\
                         Trusted_Connection=no;Packet Size=4096;Workstation ID=y;\
                         Authentication=SqlPassword"
                    );
                    let parsed = parse(&text).unwrap();
                    assert_eq!(parsed.to_string(), "sqlserver://h/d", "{text}");
                    let Login::Password { user, password } = &parsed.login else { panic!() };
                    assert_eq!((user.as_str(), password.as_str()), ("u", "p"));
                }
            }
        }
        for (values, expected) in [
            (&["True", "true", "Yes", "Mandatory"][..], Encryption::Required),
            (&["Strict"], Encryption::Strict),
            (&["False", "no", "Optional"], Encryption::Optional),
        ] {
            for value in values {
                let text = format!("Server=h;Database=d;UID=u;PWD=p;Encrypt={value}");
                assert_eq!(parse(&text).unwrap().encryption, expected, "{value}");
            }
        }
        for value in ["Active Directory Managed Identity", "ActiveDirectoryMSI"] {
            let text = format!("Server=h;Database=d;Authentication={value}");
            assert!(matches!(parse(&text).unwrap().login, Login::Identity { .. }), "{value}");
        }
        for value in ["True", "yes"] {
            for key in ["TrustServerCertificate", "Trust Server Certificate"] {
                let text = format!("Server=h;Database=d;UID=u;PWD=p;{key}={value}");
                assert!(parse(&text).unwrap().trust_any_certificate, "{text}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_value() {
        for (text, expected) in [
            ("Initial Catalog=d;User ID=u;Password=secret", "no Server"),
            ("Server=h;User ID=u;Password=secret", "no database"),
            ("Server=h;Database=d;User ID=u;Passwort=secret", "Password is missing"),
            ("Server=h;Database=d;Integrated Security=SSPI", "Integrated Security"),
            ("Server=h;Database=d;UID=u;PWD=secret;Encrypt=Perhaps", "True, Strict or False"),
            ("Server=h:1433;Database=d;UID=u;PWD=secret", "follows a comma"),
            ("Server=h\\x;Database=d;User ID=u;Password=secret", "named instances"),
            ("Server=h,secret;Database=d;User ID=u;Password=secret", "no number"),
            ("Server=h;Database=d;User ID=u;Password='secret", "close the quote"),
            ("sqlserver://u:secret@h/d", "takes no user"),
            ("secret", "not understood"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected) && !error.contains("secret"), "{text}: {error}");
        }
        assert!(!format!("{:?}", parse("Server=h;Database=d;UID=u;PWD=secret")).contains("secret"));
    }
}
