//! How long the process takes to its first answer, and what a file event costs once it is warm.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::data::program;
use super::measured::{Taken, Usage};
use super::ours::WE;
use super::plan::Plan;

/// Files that arrive one after the other.
const EVENTS: usize = 50;

pub fn run(place: &Path, plan: &Plan, taken: &mut Taken) -> Result<()> {
    for _ in 0..plan.repetitions {
        let folder = place.join("start");
        let _ = fs::remove_dir_all(&folder);
        let raw = folder.join("lake/raw/movie_review");
        fs::create_dir_all(&raw).with_context(|| format!("cannot make {}", raw.display()))?;
        let start = Instant::now();
        let handler = Handler::start(plan, &folder)?;
        // A file that is gone again: the answer takes no work.
        handler.event("movie_review/gone.csv", start + Duration::from_secs(10))?;
        let wall = start.elapsed().as_secs_f64();
        taken.add(WE, "first answer", Usage { wall, ..handler.usage()? });
        let mut events = Vec::new();
        let before = handler.usage()?.cpu;
        for number in 0..EVENTS {
            let name = format!("{number}.csv");
            let rows = (0..100).map(|id| format!("{number},a good one,{id}\n"));
            let rows: String = rows.collect();
            fs::write(raw.join(&name), format!("cid,review_str,id_review\n{rows}"))?;
            let start = Instant::now();
            handler.event(&format!("movie_review/{name}"), start)?;
            events.push(start.elapsed().as_secs_f64());
        }
        events.sort_by(f64::total_cmp);
        let after = handler.usage()?;
        let cpu = (after.cpu - before) / EVENTS as f64;
        taken.add(WE, "event", Usage { cpu, wall: events[EVENTS / 2], ..after });
    }
    Ok(())
}

/// The app as the Functions host starts it.
struct Handler {
    child: Child,
    port: u16,
}

impl Handler {
    fn start(plan: &Plan, folder: &Path) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new(program(plan, WE)?)
            .arg("serve")
            .env("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string())
            .env("LAKE", format!("file:{}", folder.join("lake").display()))
            .env("WAREHOUSE", format!("sqlite:{}", folder.join("warehouse.db").display()))
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start the app")?;
        Ok(Self { child, port })
    }

    /// Sends a queue message that names a file and waits for the answer, trying to connect until
    /// the deadline.
    fn event(&self, path: &str, deadline: Instant) -> Result<()> {
        let mut stream = loop {
            match TcpStream::connect(("127.0.0.1", self.port)) {
                Ok(stream) => break stream,
                Err(_) if Instant::now() < deadline => sleep(Duration::from_micros(200)),
                Err(error) => return Err(error).context("the app does not listen"),
            }
        };
        let request = format!("{{\"path\":\"{path}\"}}");
        let message = format!("\"{}\"", request.replace('"', "\\\""));
        let body = format!(
            "{{\"Data\":{{\"message\":\"{}\"}},\"Metadata\":{{\"DequeueCount\":\"1\"}}}}",
            message.replace('\\', "\\\\").replace('"', "\\\"")
        );
        write!(
            stream,
            "POST /classify_movie_review HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        ensure!(answer.starts_with("HTTP/1.1 200"), "the app answered {answer}");
        Ok(())
    }

    /// What the process took so far, out of /proc.
    fn usage(&self) -> Result<Usage> {
        let of = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", self.child.id()));
        // 100 ticks a second is what Linux shows to programs on every machine.
        let stat = of("stat")?;
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split(' ').collect();
        let ticks = |n: usize| fields.get(n).and_then(|field| field.parse::<f64>().ok());
        let (Some(user), Some(system)) = (ticks(12), ticks(13)) else { bail!("no /proc here") };
        let status = of("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        let peak_mib = kib.context("no /proc here")? / 1024.0;
        Ok(Usage { cpu: (user + system) / 100.0, wall: 0.0, peak_mib })
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        // Nothing is lost by it: what is not committed is not visible.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
