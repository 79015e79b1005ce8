//! `docs/TUTORIAL.md` is a transcript: each command in it is typed again, without a terminal and in
//! one of 80 columns. `UPDATE_GOLDEN=1` writes what is said into it.

use std::{env, fs, path::Path, process::Command};

use crate::common::{app::command, drop::logs};

const COLUMNS: usize = 80;

/// Runs a command of the shell in a terminal of 80 columns and hands on all it shows.
const TERMINAL: &str = "
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
    os.execvp('sh', ['sh', '-c', sys.argv[1]])
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
";

/// The files that the tutorial begins with, and the folder that commands are typed in.
struct Desk {
    folder: tempfile::TempDir,
    within: String,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let days =
            [(1, "2021-04-19", "Mobile"), (2, "2021-04-19", "Tablet"), (3, "2021-04-20", "Mobile")];
        fs::write(folder.path().join("logs.csv"), logs(&days)).unwrap();
        let reviews = "cid,review_str,id_review\n7,a good film,1\n7,too long,2\nx8,good fun,3\n";
        fs::write(folder.path().join("reviews.csv"), reviews).unwrap();
        Self { folder, within: ".".to_owned() }
    }

    /// Types a line, and returns all that is said.
    fn types(&mut self, line: &str, in_terminal: bool) -> String {
        // The settings of this machine are out of the way, and the program is found by its name.
        let program = command(self.folder.path(), &[]);
        let bin = Path::new(program.get_program()).parent().unwrap();
        let path = format!("{}:{}", bin.display(), env::var("PATH").unwrap());
        let mut shell = match in_terminal {
            true => Command::new("python3"),
            false => Command::new("sh"),
        };
        match in_terminal {
            true => shell.args(["-c", TERMINAL, line]),
            false => shell.args(["-c", &format!("exec 2>&1; {line}")]),
        };
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell.current_dir(self.folder.path().join(&self.within)).env("PATH", path);
        let out = shell.output().expect("the shell starts");
        if let Some((_, folder)) = line.split_once("&& cd ") {
            self.within = folder.to_owned();
        }
        self.plain(&String::from_utf8_lossy(&out.stdout))
    }

    /// Without what differs from one time to another: folders, times, durations and ports.
    fn plain(&self, said: &str) -> String {
        let folder = fs::canonicalize(self.folder.path()).unwrap();
        let said = said.replace(folder.to_str().unwrap(), "/home/ann").replace('\r', "");
        let lines = said.lines().map(|line| {
            // Seconds from a file to staging and to the facts, behind the number of files.
            let is_timed = line.starts_with("staging: ") || line.starts_with("facts: ");
            let mut numbers = 0;
            let words = line.split_inclusive([' ', ',']).map(|word| {
                let bare = word.trim_end_matches([' ', ',', ':', ')']);
                let bare = bare.trim_start_matches('(');
                numbers += usize::from(bare.parse::<u64>().is_ok());
                if is_timed && numbers > 1 && !bare.is_empty() {
                    return word.replace(bare, "0");
                }
                word.replace(bare, &steady(bare))
            });
            words.collect::<String>().trim_end().to_owned()
        });
        let mut lines: Vec<_> = lines.collect();
        // Files are read side by side: the one that is done first is told first.
        let is_of_file =
            |line: &String| line.starts_with("accepted ") || line.contains("  accepted  ");
        lines.chunk_by_mut(|a, b| is_of_file(a) && is_of_file(b)).for_each(<[_]>::sort);
        lines.join("\n")
    }
}

/// A word as it is shown in the transcript.
fn steady(word: &str) -> String {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if word.len() == 20 && word.ends_with('Z') && word.as_bytes()[10] == b'T' {
        return "2026-11-28T09:00:00Z".to_owned();
    }
    if let Some(port) = word.strip_prefix("http://127.0.0.1:") {
        assert!(digits(port.trim_end_matches('/')), "{word}");
        return "http://127.0.0.1:7070/".to_owned();
    }
    match word.split_once('.') {
        Some((whole, part)) if digits(whole) && digits(part) && part.len() == 2 => "0.01".into(),
        _ => word.to_owned(),
    }
}

/// The text with what is said now behind each command.
fn replayed(text: &str) -> String {
    let mut desk = Desk::new();
    let (mut fresh, mut in_block) = (String::new(), false);
    for line in text.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        }
        match line.strip_prefix("$ ") {
            Some(typed) if in_block => {
                fresh += &format!("{line}\n");
                let said = desk.types(typed, false);
                if !said.is_empty() {
                    fresh += &format!("{said}\n");
                }
            }
            _ if in_block && !line.starts_with("```") => {}
            _ => fresh += &format!("{line}\n"),
        }
    }
    fresh
}

fn file() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/TUTORIAL.md")
}

#[test]
fn the_tutorial_says_what_happens() {
    let text = fs::read_to_string(file()).unwrap();
    let now = replayed(&text);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        return fs::write(file(), now).unwrap();
    }
    assert_eq!(now, text, "`UPDATE_GOLDEN=1 cargo test --test product tutorial` writes it");
    assert!(now.matches("\n$ ").count() >= 12, "commands are missing");
}

#[test]
fn in_a_terminal_of_80_columns_nothing_is_wider_and_the_same_facts_come_out() {
    let text = fs::read_to_string(file()).unwrap();
    let mut desk = Desk::new();
    let mut facts = String::new();
    for typed in text.lines().filter_map(|line| line.strip_prefix("$ ")) {
        let said = desk.types(typed, true);
        if typed.contains("--format csv") {
            facts = said;
            continue;
        }
        // Sentences and files may be longer, the terminal breaks them; tables may not. Progress is
        // wiped away in front of what stays.
        let lines = said.lines().filter_map(|line| line.rsplit("\u{1b}[2K").next());
        for line in lines.filter(|line| line.contains("---") || line.contains("   ")) {
            assert!(line.chars().count() <= COLUMNS, "{typed}: {line}");
        }
    }
    let last = facts.lines().last().unwrap_or_default();
    assert!(last.ends_with(",8,0.00000,1,1"), "{facts}");
    assert!(text.contains(last), "{facts}");
}
