//! What the app declares: its functions, and the settings that it reads.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use movie_analytics::settings::Settings;
use serde_json::Value;

use crate::read::{files, json};

/// Every function.json by the name of its folder.
pub fn functions() -> BTreeMap<String, Value> {
    let files = files("functions").into_iter().filter(|path| path.ends_with("function.json"));
    let folder =
        |path: &Path| path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
    files.map(|path| (folder(&path), json(&path))).collect()
}

/// Every binding, with the name of its function.
pub fn bindings() -> Vec<(String, Value)> {
    let of = |(name, json): (String, Value)| {
        let bindings = json["bindings"].as_array().unwrap().clone();
        bindings.into_iter().map(move |binding| (name.clone(), binding))
    };
    functions().into_iter().flat_map(of).collect()
}

/// Values of one key in the bindings of one type.
pub fn values(kind: &str, key: &str) -> BTreeSet<String> {
    let of_kind = bindings().into_iter().filter(|(_, binding)| binding["type"] == kind);
    of_kind.map(|(_, binding)| text(&binding[key])).collect()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
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
