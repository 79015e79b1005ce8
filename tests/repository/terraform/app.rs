//! What the app says of itself.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use movie_analytics::settings::Settings;
use serde_json::Value;

use super::read::{files, json};

/// Bindings of every function.json by the name of its folder.
pub fn functions() -> BTreeMap<String, Vec<Value>> {
    let is_function = |path: &PathBuf| path.ends_with("function.json");
    files("functions")
        .into_iter()
        .filter(is_function)
        .map(|path| {
            let folder = path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
            (folder, json(&path)["bindings"].as_array().unwrap().clone())
        })
        .collect()
}

/// Values of one key in the bindings of one type.
pub fn values(kind: &str, key: &str) -> BTreeSet<String> {
    let bindings = functions().into_values().flatten();
    let of_kind = bindings.filter(|binding| binding["type"] == kind);
    of_kind.map(|binding| binding[key].as_str().unwrap().to_owned()).collect()
}

/// Names that the program asks its environment for.
pub fn settings_read() -> BTreeSet<String> {
    let asked = RefCell::new(BTreeSet::new());
    // One run for each form of the lake, as one form does not ask for the other's names.
    for lake in ["LAKE", "LAKE__blobServiceUri"] {
        let get = |name: &str| {
            asked.borrow_mut().insert(name.to_owned());
            match name {
                "LAKE" if lake == name => Some("file:lake".to_owned()),
                "LAKE__blobServiceUri" if lake == name => {
                    Some("https://films.blob.core.windows.net".to_owned())
                }
                "WAREHOUSE" => Some("sqlite:w.db".to_owned()),
                "EVENTGRID_TOPIC_ENDPOINT" => Some("https://topic/api/events".to_owned()),
                _ => None,
            }
        };
        Settings::read(get).unwrap();
    }
    asked.into_inner()
}
