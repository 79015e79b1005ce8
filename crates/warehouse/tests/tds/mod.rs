//! A stand-in for SQL Server: it speaks enough TDS for one client (login with a password or a
//! token, redirect, rows of numbers, bulk load, errors, silence) and knows no SQL. Its answers are
//! scripted by each test.

#![allow(dead_code)] // Each of the tests uses a part of it.

mod bulk;
pub mod client;
mod rpc;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

pub use bulk::Value;

/// What the server does instead of what it would do.
#[derive(Clone, Debug)]
pub enum Answer {
    Error {
        code: u32,
        class: u8,
        text: &'static str,
    },
    Route {
        port: u16,
    },
    Late(Duration),
    /// Closes the connection without a word.
    Gone,
    /// One row of one number.
    Number {
        column: &'static str,
        value: i32,
    },
    /// The lock, and so many commits that only absorbed receipts and no publish.
    Absorbed(i64),
    /// The new total of this customer does not fit.
    Unfit(i64),
    /// What a publish counts: rows deleted, inserted and with other spend.
    Counted([i64; 3]),
    /// What a check finds: so many rows of a day.
    Found(&'static str, i64),
    /// Bytes that are no answer.
    Nonsense,
}

pub fn error(code: u32) -> Answer {
    Answer::Error { code, class: 16, text: "said by the server" }
}

#[derive(Default)]
struct Script {
    logins: VecDeque<Answer>,
    /// Answers to the next statements that contain a text, each used once unless it stays.
    statements: Vec<(&'static str, Answer, bool)>,
    seen_logins: Vec<Vec<u8>>,
    seen_statements: Vec<String>,
    loaded: BTreeMap<String, Vec<Vec<Value>>>,
    loose: bool,
    messages: usize,
}

/// Ends when dropped.
pub struct Server {
    pub port: u16,
    script: Arc<Mutex<Script>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// A server with a database whose schema is at the newest version and that is empty.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = Arc::new(Mutex::new(Script::default()));
        let shared = script.clone();
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // A client that goes away in the middle is no failure here.
                tokio::spawn(talk(stream, shared.clone()));
            }
        });
        Self { port, script, task }
    }

    /// What happens at the next login; later ones succeed.
    pub fn at_login(&self, answer: Answer) {
        self.script.lock().unwrap().logins.push_back(answer);
    }

    /// What the next statement that contains the text is answered with.
    pub fn once(&self, text: &'static str, answer: Answer) {
        self.script.lock().unwrap().statements.push((text, answer, false));
    }

    /// What each statement that contains the text is answered with.
    pub fn always(&self, text: &'static str, answer: Answer) {
        self.script.lock().unwrap().statements.push((text, answer, true));
    }

    pub fn logins(&self) -> usize {
        self.script.lock().unwrap().seen_logins.len()
    }

    /// Whether a login carried the text, in UTF-16 as TDS has it.
    pub fn was_told(&self, text: &str) -> bool {
        let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let script = self.script.lock().unwrap();
        script.seen_logins.iter().any(|login| login.windows(text.len()).any(|part| part == text))
    }

    /// Does not tell from now on which columns of a table may be null.
    pub fn is_loose(&self) {
        self.script.lock().unwrap().loose = true;
    }

    /// How many messages have come, each of which the client waits to be answered.
    pub fn round_trips(&self) -> usize {
        self.script.lock().unwrap().messages
    }

    /// The rows of a kind that came by bulk for `#staged_row`, without what is null.
    pub fn staged(&self, kind: &str) -> Vec<BTreeMap<&'static str, Value>> {
        let rows = bulk::named("#staged_row", self.loaded("#staged_row"));
        rows.into_iter().filter(|row| row["kind"] == kind.into()).collect()
    }

    /// The rows that came by bulk for a table.
    pub fn loaded(&self, table: &str) -> Vec<Vec<Value>> {
        self.script.lock().unwrap().loaded.get(table).cloned().unwrap_or_default()
    }

    /// How many statements contained the text.
    pub fn ran(&self, text: &str) -> usize {
        let script = self.script.lock().unwrap();
        script.seen_statements.iter().filter(|statement| statement.contains(text)).count()
    }
}

/// The number of migrations that there are.
pub fn newest_version() -> i32 {
    let migrations = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sql/sqlserver/migrations");
    std::fs::read_dir(migrations).unwrap().count() as i32
}

const SQL_BATCH: u8 = 1;
const RPC: u8 = 3;
const BULK: u8 = 7;
const TRANSACTION: u8 = 14;
const LOGIN: u8 = 16;
const PRELOGIN: u8 = 18;

async fn talk(mut stream: TcpStream, script: Arc<Mutex<Script>>) -> Option<()> {
    let mut loading = String::new();
    loop {
        let (kind, message) = read(&mut stream).await?;
        script.lock().unwrap().messages += 1;
        let answer = match kind {
            PRELOGIN => {
                write(&mut stream, prelogin()).await?;
                continue;
            }
            LOGIN => {
                let answer = login(&script, message);
                if answer.is_none() {
                    write(&mut stream, [login_ack(), done(None)].concat()).await?;
                    continue;
                }
                answer
            }
            SQL_BATCH | RPC => {
                if kind == RPC && rpc::has_untyped(&message) {
                    write(&mut stream, [untyped(), done(None)].concat()).await?;
                    continue;
                }
                let statement = text(&message);
                if let Some(table) = bulk::table(&statement, "SELECT TOP 0 * FROM ") {
                    let columns = bulk::columns(&table, script.lock().unwrap().loose);
                    write(&mut stream, [columns, done(None)].concat()).await?;
                    continue;
                }
                if let Some(table) = bulk::table(&statement, "INSERT BULK ") {
                    loading = table;
                }
                planned(&script, statement)
            }
            BULK => {
                let rows = bulk::rows(&message);
                let count = Some(rows.len() as u64);
                script.lock().unwrap().loaded.entry(loading.clone()).or_default().extend(rows);
                write(&mut stream, done(count)).await?;
                continue;
            }
            TRANSACTION => planned(&script, transaction(&message).to_owned()),
            other => panic!("a message of type {other}"),
        };
        match answer {
            None => write(&mut stream, done(None)).await?,
            Some(Answer::Error { code, class, text }) => {
                write(&mut stream, [token_error(code, class, text), done(None)].concat()).await?;
            }
            Some(Answer::Route { port }) => {
                write(&mut stream, [route(port), login_ack(), done(None)].concat()).await?;
            }
            Some(Answer::Late(time)) => {
                tokio::time::sleep(time).await;
                write(&mut stream, done(None)).await?;
            }
            Some(Answer::Gone) => return None,
            Some(Answer::Number { column, value }) => {
                write(&mut stream, [number(column, value), done(None)].concat()).await?;
            }
            Some(Answer::Absorbed(absorption_id)) => {
                write(&mut stream, [head(absorption_id), done(None)].concat()).await?;
            }
            Some(Answer::Unfit(customer)) => {
                write(&mut stream, [unfit(customer), done(None)].concat()).await?;
            }
            Some(Answer::Counted(rows)) => {
                write(&mut stream, [counted(rows), done(None)].concat()).await?;
            }
            Some(Answer::Found(day, rows)) => {
                write(&mut stream, [found(day, rows), done(None)].concat()).await?;
            }
            Some(Answer::Nonsense) => write(&mut stream, vec![0x01; 64]).await?,
        }
    }
}

fn login(script: &Mutex<Script>, message: Vec<u8>) -> Option<Answer> {
    let mut script = script.lock().unwrap();
    script.seen_logins.push(message);
    script.logins.pop_front()
}

fn planned(script: &Mutex<Script>, statement: String) -> Option<Answer> {
    let mut script = script.lock().unwrap();
    let planned = script.statements.iter().position(|(text, _, _)| statement.contains(text));
    let answer = match planned {
        Some(nth) if script.statements[nth].2 => Some(script.statements[nth].1.clone()),
        Some(nth) => Some(script.statements.remove(nth).1),
        None if statement.contains("schema_version") => {
            Some(Answer::Number { column: "version", value: newest_version() })
        }
        None if statement.contains("sp_getapplock") => {
            Some(Answer::Number { column: "granted", value: 0 })
        }
        None if statement.contains("AS rows_inserted") => Some(Answer::Counted([0; 3])),
        None => None,
    };
    script.seen_statements.push(statement);
    answer
}

/// A whole message, from as many packets as it came in.
async fn read(stream: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let mut message = Vec::new();
    loop {
        let mut header = [0; 8];
        stream.read_exact(&mut header).await.ok()?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let start = message.len();
        message.resize(start + length - 8, 0);
        stream.read_exact(&mut message[start..]).await.ok()?;
        if header[1] & 1 == 1 {
            return Some((header[0], message));
        }
    }
}

async fn write(stream: &mut TcpStream, body: Vec<u8>) -> Option<()> {
    let mut packet = vec![4, 1];
    packet.extend((body.len() as u16 + 8).to_be_bytes());
    packet.extend([0, 0, 1, 0]);
    packet.extend(body);
    stream.write_all(&packet).await.ok()
}

/// The statement of a batch or of `sp_executesql`, somewhere in its message: texts begin at even
/// bytes in the one and may begin at odd ones in the other.
fn text(message: &[u8]) -> String {
    let at = |start: usize| {
        let units = message[start..].chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
        String::from_utf16_lossy(&units.collect::<Vec<_>>())
    };
    at(0) + &at(1)
}

/// No encryption, and a token is welcome.
fn prelogin() -> Vec<u8> {
    let options = [(0_u8, vec![16, 0, 0, 0, 0, 0]), (1, vec![2]), (6, vec![1])];
    let mut offset = options.len() as u16 * 5 + 1;
    let mut bytes = Vec::new();
    for (token, value) in &options {
        bytes.push(*token);
        bytes.extend(offset.to_be_bytes());
        bytes.extend((value.len() as u16).to_be_bytes());
        offset += value.len() as u16;
    }
    bytes.push(0xFF);
    bytes.extend(options.into_iter().flat_map(|(_, value)| value));
    bytes
}

fn units(text: &str) -> (usize, Vec<u8>) {
    let units: Vec<u16> = text.encode_utf16().collect();
    (units.len(), units.into_iter().flat_map(u16::to_le_bytes).collect())
}

fn short(text: &str) -> Vec<u8> {
    let (length, bytes) = units(text);
    [vec![length as u8], bytes].concat()
}

fn token(kind: u8, body: Vec<u8>) -> Vec<u8> {
    [vec![kind], (body.len() as u16).to_le_bytes().to_vec(), body].concat()
}

fn login_ack() -> Vec<u8> {
    token(0xAD, [vec![1, 0x74, 0, 0, 4], short("stub"), vec![0; 4]].concat())
}

fn route(port: u16) -> Vec<u8> {
    let (length, host) = units("localhost");
    let mut value = vec![0];
    value.extend(port.to_le_bytes());
    value.extend((length as u16).to_le_bytes());
    value.extend(host);
    let body = [vec![20], (value.len() as u16).to_le_bytes().to_vec(), value, vec![0, 0]];
    token(0xE3, body.concat())
}

fn token_error(code: u32, class: u8, text: &str) -> Vec<u8> {
    let (length, message) = units(text);
    let mut body = code.to_le_bytes().to_vec();
    body.extend([1, class]);
    body.extend((length as u16).to_le_bytes());
    body.extend(message);
    body.extend(short("stub"));
    body.extend(short(""));
    body.extend(7_u32.to_le_bytes());
    token(0xAA, body)
}

/// The refusal of a parameter without a type.
fn untyped() -> Vec<u8> {
    token_error(8_009, 16, "a parameter has no type")
}

fn number(column: &str, value: i32) -> Vec<u8> {
    // One column: no user type, no flags, int.
    let metadata = [vec![0x81, 1, 0, 0, 0, 0, 0, 0, 0, 0x38], short(column)].concat();
    [metadata, vec![0xD1], value.to_le_bytes().to_vec()].concat()
}

/// What a request to the transaction manager asks for.
fn transaction(message: &[u8]) -> &'static str {
    let headers = bulk::number(&mut &*message, 4) as usize;
    match message[headers] {
        5 => "BEGIN TRANSACTION",
        7 => "COMMIT TRANSACTION",
        other => panic!("a request of type {other} to the transaction manager"),
    }
}

fn counted(rows: [i64; 3]) -> Vec<u8> {
    let names = ["rows_deleted", "rows_inserted", "rows_respent"];
    // No user type, no flags, bigint.
    let columns = names.map(|name| [vec![0, 0, 0, 0, 0, 0, 0x7F], short(name)].concat());
    let row = [vec![0xD1], rows.map(i64::to_le_bytes).concat()].concat();
    [vec![0x81, 3, 0], columns.concat(), row].concat()
}

/// The lock is granted, and so many absorptions are found.
fn head(absorption_id: i64) -> Vec<u8> {
    // Two columns: no user type, no flags; bigint, and a bigint that is null.
    let absorbed = [vec![0, 0, 0, 0, 0, 0, 0x7F], short("absorption_id")].concat();
    let published = [vec![0, 0, 0, 0, 1, 0, 0x26, 8], short("publish_id")].concat();
    let row = [vec![0xD1], absorption_id.to_le_bytes().to_vec(), vec![0]].concat();
    let more = vec![0xFF, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    [number("granted", 0), more, vec![0x81, 2, 0], absorbed, published, row].concat()
}

fn unfit(customer: i64) -> Vec<u8> {
    // Two columns: no user type, no flags; bigint and int.
    let customerid = [vec![0, 0, 0, 0, 0, 0, 0x7F], short("customerid")].concat();
    let contradicted = [vec![0, 0, 0, 0, 0, 0, 0x38], short("is_contradicted")].concat();
    let row = [vec![0xD1], customer.to_le_bytes().to_vec(), vec![0; 4]].concat();
    [vec![0x81, 2, 0], customerid, contradicted, row].concat()
}

fn found(day: &str, rows: i64) -> Vec<u8> {
    // Two columns: no user type, no flags; nvarchar(10) of any collation, and bigint.
    let log_date = [vec![0, 0, 0, 0, 1, 0, 0xE7, 20, 0, 0, 0, 0, 0, 0], short("log_date")].concat();
    let row_count = [vec![0, 0, 0, 0, 0, 0, 0x7F], short("row_count")].concat();
    let (_, day) = units(day);
    let row = [vec![0xD1], (day.len() as u16).to_le_bytes().to_vec(), day].concat();
    [vec![0x81, 2, 0], log_date, row_count, row, rows.to_le_bytes().to_vec()].concat()
}

fn done(rows: Option<u64>) -> Vec<u8> {
    let status: u16 = if rows.is_some() { 0x10 } else { 0 };
    let mut bytes = vec![0xFD];
    bytes.extend(status.to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(rows.unwrap_or(0).to_le_bytes());
    bytes
}
