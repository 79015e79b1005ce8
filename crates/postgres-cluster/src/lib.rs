//! A private PostgreSQL server in a temporary folder, for tests: on a socket in its folder and on
//! the loopback address, never anywhere else. Run by root, the server is given to an unprivileged
//! user, as it refuses to be root.

use std::{
    env, fs, io,
    io::Write,
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// It takes a second; a busy machine may take longer.
const TIME_TO_START: Duration = Duration::from_secs(60);

/// Starts the server, and ends it and its folder with us, however we end: then nobody holds the
/// other end of the standard input.
const KEEPER: &str = r#"folder=$1; shift; "$@" & server=$!
read -r word; kill -QUIT $server; wait $server; [ "$word" = keep ] || rm -rf "$folder""#;

/// Passwords are asked for on the loopback address, and not at the socket.
const HBA: &str = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
const HBA_TLS: &str = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n";

/// A certificate and its key, in PEM form. With it the server takes nothing unencrypted but at
/// its socket.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Of the server, signed for `127.0.0.1` or whatever name the tests connect to.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message says what the fields hold")]
pub enum Error {
    #[error(
        "PostgreSQL is not installed: `cargo xtask test --stage tools` installs it, or \
         POSTGRES_BIN names the folder of its programs"
    )]
    Absent,
    #[error("cannot {doing}: {source}")]
    Io { doing: &'static str, source: io::Error },
    #[error("{program} failed: {said}")]
    Failed { program: &'static str, said: String },
}

/// A server with one superuser, `postgres`. It stops, and its folder goes, when this is dropped
/// and when our process ends in whatever way.
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    account: Option<Account>,
    port: u16,
    keeper: Option<Child>,
}

impl Cluster {
    /// A new, empty server without TLS, once it takes connections.
    pub fn start() -> Result<Self, Error> {
        Self::make(None)
    }

    /// A new, empty server with this certificate, once it takes connections.
    pub fn start_with_tls(tls: &Tls) -> Result<Self, Error> {
        Self::make(Some(tls))
    }

    fn make(tls: Option<&Tls>) -> Result<Self, Error> {
        let programs = programs().ok_or(Error::Absent)?;
        let account = Account::of_server();
        let folder = tempfile::Builder::new().prefix("postgres-").tempdir();
        // From here on the keeper takes it away.
        let folder = folder.map_err(io("make a folder"))?.keep();
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = port.map_err(io("find a free port"))?.port();
        let mut cluster = Self { programs, folder, account, port, keeper: None };
        cluster.own(&cluster.folder)?;
        let data = cluster.data();
        let mut initdb = cluster.program("initdb");
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale"]);
        succeed("initdb", initdb.args(["--no-sync", "--pgdata"]).arg(&data))?;
        cluster.write("pg_hba.conf", if tls.is_some() { HBA_TLS } else { HBA })?;
        if let Some(tls) = tls {
            cluster.write("server.crt", &tls.certificate)?;
            cluster.write("server.key", &tls.key)?;
            fs::write(data.join("postgresql.auto.conf"), "ssl = on\n")
                .map_err(io("configure it"))?;
        }
        cluster.restart()?;
        Ok(cluster)
    }

    /// Starts the server again after [`kill`](Self::kill).
    pub fn restart(&mut self) -> Result<(), Error> {
        let mut keeper = Command::new("sh");
        keeper
            .args(["-c", KEEPER, "keeper"])
            .arg(&self.folder)
            .arg(self.programs.join("postgres"))
            .arg("-D")
            .arg(self.data())
            .args(["-k", &self.folder.display().to_string()])
            .args(["-p", &self.port.to_string(), "-c", "listen_addresses=127.0.0.1"])
            // What a process wrote is safe from its own end; nobody pulls a plug here.
            .args(["-c", "fsync=off"])
            .current_dir(&self.folder)
            .stdin(Stdio::piped());
        let log = fs::File::create(self.folder.join("log")).map_err(io("make its log"))?;
        keeper.stdout(Stdio::null()).stderr(log);
        self.become_server(&mut keeper);
        self.keeper = Some(keeper.spawn().map_err(io("start it"))?);
        let begun = Instant::now();
        while let Err(error) = self.query("SELECT 1") {
            if begun.elapsed() > TIME_TO_START {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                return Err(Error::Failed { program: "postgres", said: format!("{error}\n{log}") });
            }
            sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Ends the server and all of its processes on the spot, as a crash does.
    pub fn kill(&mut self) {
        let server = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        if let Some(server) = server.lines().next().and_then(|line| line.trim().parse().ok()) {
            let backends = children(server);
            kill(server);
            backends.iter().copied().for_each(kill);
            wait(server);
            backends.into_iter().for_each(wait);
        }
        if let Some(mut keeper) = self.keeper.take() {
            if let Some(stdin) = &mut keeper.stdin {
                let _ = stdin.write_all(b"keep\n");
            }
            let _ = keeper.wait();
        }
    }

    /// Ends one process of the server on the spot; the server recovers by itself, and has begun to
    /// when this returns.
    pub fn kill_backend(&self, pid: u32) {
        kill(pid);
        wait_while(|| Path::new(&format!("/proc/{pid}")).exists());
    }

    /// URL of a database for the superuser, by the socket.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres:///{database}?host={}&port={}&user=postgres",
            self.folder.display(),
            self.port
        )
    }

    /// `127.0.0.1:port`, where passwords are asked for.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Runs statements in the database `postgres`, and returns what psql prints: a line for each
    /// row, `|` between columns.
    pub fn query(&self, sql: &str) -> Result<String, Error> {
        self.query_in("postgres", sql)
    }

    /// As [`query`](Self::query), in another database.
    pub fn query_in(&self, database: &str, sql: &str) -> Result<String, Error> {
        succeed("psql", self.psql(database).args(["-c", sql]))
    }

    /// psql for the superuser, for more than a statement.
    pub fn psql(&self, database: &str) -> Command {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres"])
            .arg("-h")
            .arg(&self.folder)
            .args(["-p", &self.port.to_string(), "-d", database]);
        psql
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.current_dir(&self.folder);
        self.become_server(&mut command);
        command
    }

    fn become_server(&self, command: &mut Command) {
        if let Some(Account { uid, gid }) = self.account {
            command.uid(uid).gid(gid);
        }
    }

    /// Gives a file or folder to the server.
    fn own(&self, path: &Path) -> Result<(), Error> {
        match self.account {
            Some(Account { uid, gid }) => {
                chown(path, Some(uid), Some(gid)).map_err(io("give it to the server"))
            }
            None => Ok(()),
        }
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        let path = self.data().join(name);
        fs::write(&path, text).map_err(io("write its configuration"))?;
        let only_owner = fs::Permissions::from_mode(0o600);
        fs::set_permissions(&path, only_owner).map_err(io("write its configuration"))?;
        self.own(&path)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        match self.keeper.take() {
            Some(mut keeper) => {
                drop(keeper.stdin.take());
                let _ = keeper.wait();
            }
            None => drop(fs::remove_dir_all(&self.folder)),
        }
    }
}

fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::Io { doing, source }
}

fn succeed(program: &'static str, command: &mut Command) -> Result<String, Error> {
    let output = command.stdin(Stdio::null()).output().map_err(io("start a program"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned()),
        false => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(Error::Failed { program, said })
        }
    }
}

/// A user without privileges.
#[derive(Clone, Copy)]
struct Account {
    uid: u32,
    gid: u32,
}

impl Account {
    /// `None` where we have no privileges ourselves.
    fn of_server() -> Option<Self> {
        if fs::metadata("/proc/self").ok()?.uid() != 0 {
            return None;
        }
        let accounts = fs::read_to_string("/etc/passwd").ok()?;
        ["postgres", "nobody"].iter().find_map(|name| named(&accounts, name))
    }
}

fn named(accounts: &str, name: &str) -> Option<Account> {
    let mut accounts = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let account = accounts.find(|fields| fields.first() == Some(&name))?;
    Some(Account { uid: account.get(2)?.parse().ok()?, gid: account.get(3)?.parse().ok()? })
}

/// The living children of a process.
fn children(parent: u32) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| state(*pid).is_some_and(|(_, of)| of == parent)).collect()
}

/// Ends a process on the spot.
fn kill(pid: u32) {
    // It fails only when the process has ended by itself.
    let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
}

/// Waits until a process is no more, or only a zombie.
fn wait(pid: u32) {
    wait_while(|| state(pid).is_some());
}

fn wait_while(is_there: impl Fn() -> bool) {
    let begun = Instant::now();
    while is_there() && begun.elapsed() < Duration::from_secs(30) {
        sleep(Duration::from_millis(5));
    }
}

/// Letter of its state, and its parent. Nothing for a zombie.
fn state(pid: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before may hold anything but ends at the last bracket.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    (state != 'Z').then_some((state, parent))
}

/// The folder of the newest PostgreSQL.
fn programs() -> Option<PathBuf> {
    let has_server = |folder: &PathBuf| folder.join("initdb").is_file();
    if let Some(set) = env::var_os("POSTGRES_BIN") {
        return Some(PathBuf::from(set)).filter(has_server);
    }
    let entries = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin"))).filter(|(_, folder)| has_server(folder))
        })
        .collect();
    versions.sort_unstable();
    let path = env::var_os("PATH").unwrap_or_default();
    versions.pop().map(|(_, folder)| folder).or_else(|| env::split_paths(&path).find(has_server))
}
