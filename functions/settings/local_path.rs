//! Paths on this machine: what stands after `file:` and `sqlite:`.

use std::path::PathBuf;

use url::Url;

use super::WrongSetting;

/// Reads a path as other tools read it, or says how to write it where these disagree. `setting` is
/// where it stands, for the message.
pub(super) fn read(
    setting: &'static str,
    scheme: &'static str,
    path: &str,
) -> Result<PathBuf, WrongSetting> {
    let wrong = |problem: String| Err(WrongSetting::new(setting, problem));
    match path.strip_prefix('~') {
        Some(within) if within.is_empty() || within.starts_with('/') => {
            return match std::env::home_dir() {
                Some(home) => Ok(home.join(within.trim_start_matches('/'))),
                None => wrong(format!("`{scheme}:~`: this user has no home folder")),
            };
        }
        Some(_) => {
            return wrong(format!(
                "`~` stands for your own home folder only; if a name begins with it, write \
                 {scheme}:./~..."
            ));
        }
        None => {}
    }
    if !path.starts_with("//") {
        return Ok(path.into());
    }
    // RFC 8089: what follows two slashes is a host.
    let url = Url::parse(&format!("{scheme}:{path}"));
    match url.map(|url| url.to_file_path()) {
        Ok(Ok(path)) if scheme == "file" => Ok(path),
        _ if scheme == "file" => wrong(
            "`file://` is followed by the name of a host; write file:DIR, file:/DIR or file:///DIR"
                .to_owned(),
        ),
        _ => wrong(format!(
            "tools disagree about slashes after `{scheme}:`; write {scheme}:FILE for a file in \
             the working folder, or {scheme}:/DIR/FILE"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(scheme: &'static str, path: &str) -> Result<PathBuf, String> {
        read("LAKE", scheme, path).map_err(|error| error.to_string())
    }

    #[test]
    fn paths_are_read_as_other_tools_read_them() {
        let home = std::env::home_dir().unwrap();
        for (path, expected) in [
            ("lake", PathBuf::from("lake")),
            ("/data/lake", "/data/lake".into()),
            ("../lake", "../lake".into()),
            ("///data/my%20lake", "/data/my lake".into()),
            ("//localhost/data", "/data".into()),
            ("~", home.clone()),
            ("~/lake", home.join("lake")),
            ("./~lake", "./~lake".into()),
        ] {
            assert_eq!(of("file", path), Ok(expected), "{path}");
        }
        assert_eq!(of("sqlite", "~/w.db"), Ok(home.join("w.db")));
    }

    #[test]
    fn what_tools_read_differently_is_refused_with_what_to_write() {
        assert!(of("file", "//lake").unwrap_err().contains("write file:DIR"));
        for path in ["//w.db", "///w.db", "////data/w.db"] {
            assert!(of("sqlite", path).unwrap_err().contains("write sqlite:FILE"), "{path}");
        }
        assert!(of("file", "~ann/lake").unwrap_err().contains("your own home folder"));
    }
}
