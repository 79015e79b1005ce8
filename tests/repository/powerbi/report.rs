//! The page against the model. No tool checks names of visuals and roles: the list here does.

use std::{collections::BTreeSet, path::PathBuf};

use serde_json::Value;

use super::tmdl;
use crate::read::{files, json};

/// Visuals with the roles that they have, and whether a role takes columns or measures.
const VISUALS: [(&str, &[(&str, &str)]); 7] = [
    ("card", &[("Values", "Measure")]),
    ("slicer", &[("Values", "Column")]),
    ("clusteredBarChart", &[("Category", "Column"), ("Y", "Measure")]),
    ("clusteredColumnChart", &[("Category", "Column"), ("Y", "Measure")]),
    ("donutChart", &[("Category", "Column"), ("Y", "Measure")]),
    ("lineChart", &[("Category", "Column"), ("Y", "Measure")]),
    ("textbox", &[]),
];

struct Visual {
    name: String,
    json: Value,
}

impl Visual {
    fn kind(&self) -> &str {
        self.json["visual"]["visualType"].as_str().unwrap()
    }

    /// Role, `Column` or `Measure`, table and name of each field.
    fn fields(&self) -> Vec<(String, String, String, String)> {
        let mut fields = Vec::new();
        let Some(roles) = self.json["visual"]["query"]["queryState"].as_object() else {
            return fields;
        };
        for (role, state) in roles {
            for projection in state["projections"].as_array().unwrap() {
                let (kind, field) = projection["field"].as_object().unwrap().iter().next().unwrap();
                let table = field["Expression"]["SourceRef"]["Entity"].as_str().unwrap().to_owned();
                let name = field["Property"].as_str().unwrap().to_owned();
                assert_eq!(projection["queryRef"], format!("{table}.{name}"), "{}", self.name);
                fields.push((role.clone(), kind.clone(), table, name));
            }
        }
        fields
    }
}

const PAGE: &str = "powerbi/MovieAnalytics.Report/definition/pages/overview";

fn visuals() -> Vec<Visual> {
    let files = files(&format!("{PAGE}/visuals")).into_iter();
    let visual = |path: PathBuf| {
        let folder = path.parent().unwrap().file_name().unwrap();
        Visual { name: folder.to_string_lossy().into_owned(), json: json(&path) }
    };
    files.filter(|path| path.ends_with("visual.json")).map(visual).collect()
}

#[test]
fn visuals_and_their_roles_are_known() {
    for visual in visuals() {
        assert_eq!(visual.json["name"], visual.name, "a visual is named as its folder");
        let known = VISUALS.iter().find(|(kind, _)| *kind == visual.kind());
        let (_, roles) = known.unwrap_or_else(|| panic!("what is a {}?", visual.kind()));
        let fields = visual.fields();
        let used: BTreeSet<(&str, &str)> =
            fields.iter().map(|(role, kind, ..)| (&**role, &**kind)).collect();
        assert_eq!(used, roles.iter().copied().collect(), "{}", visual.name);
    }
}

#[test]
fn every_field_is_a_visible_part_of_the_model() {
    let tables = tmdl::tables();
    for visual in visuals() {
        for (_, kind, table, name) in visual.fields() {
            let place = format!("{}: {table}[{name}]", visual.name);
            let table = tables.get(&table).unwrap_or_else(|| panic!("{place}: no such table"));
            let is_visible = match &*kind {
                "Measure" => table.measures.contains_key(&name),
                _ => table.columns.get(&name).is_some_and(|column| !column.is("isHidden")),
            };
            assert!(is_visible, "{place}");
        }
        // What a chart is sorted by is one of its fields.
        let sorts = visual.json["visual"]["query"]["sortDefinition"]["sort"].as_array();
        for sort in sorts.into_iter().flatten() {
            let field = sort["field"].as_object().unwrap().values().next().unwrap();
            let name = &field["Property"];
            assert!(visual.fields().iter().any(|(.., field)| *name == **field), "{}", visual.name);
        }
        // A column that Power BI adds up by itself.
        assert!(!visual.json.to_string().contains("\"Aggregation\""), "{}", visual.name);
    }
}

#[test]
fn the_page_shows_what_the_reference_shows_and_two_more() {
    let shown: BTreeSet<(String, String)> = visuals()
        .iter()
        .map(|visual| {
            let names = visual.fields().into_iter().map(|(.., name)| name);
            (visual.kind().to_owned(), names.collect::<Vec<_>>().join(" by "))
        })
        .collect();
    for (kind, fields) in [
        ("card", "Total Reviews"),
        ("card", "Average Review Score"),
        ("clusteredBarChart", "os by Total Reviews"),
        ("slicer", "location"),
        ("donutChart", "device by Total Reviews"),
        ("lineChart", "log_date by Total Reviews"),
        ("clusteredBarChart", "location by Total Reviews"),
        ("card", "Positive Share"),
        ("clusteredColumnChart", "season by Total Spend"),
    ] {
        assert!(shown.contains(&(kind.to_owned(), fields.to_owned())), "{kind} of {fields}");
    }
}

#[test]
fn several_states_can_be_chosen_by_buttons() {
    let slicer = visuals().into_iter().find(|visual| visual.kind() == "slicer").unwrap();
    let objects = &slicer.json["visual"]["objects"];
    let value = |object: &str, property: &str| {
        objects[object][0]["properties"][property]["expr"]["Literal"]["Value"].clone()
    };
    assert_eq!(value("selection", "singleSelect"), "false");
    assert_eq!(value("data", "mode"), "'Basic'");
    assert_eq!(value("general", "orientation"), "1D", "side by side, as buttons");
}

#[test]
fn visuals_have_a_text_for_screen_readers_and_do_not_cover_each_other() {
    let page = json(format!("{PAGE}/page.json"));
    let mut orders = BTreeSet::new();
    let mut boxes: Vec<(String, [f64; 4])> = Vec::new();
    for visual in visuals() {
        let texts = &visual.json["visual"]["visualContainerObjects"];
        let alt = &texts["general"][0]["properties"]["altText"]["expr"]["Literal"]["Value"];
        assert!(alt.as_str().is_some_and(|alt| alt.len() > 10), "{}", visual.name);
        let position = &visual.json["position"];
        assert!(orders.insert(position["tabOrder"].as_i64().unwrap()), "{}", visual.name);
        let [x, y, w, h] = ["x", "y", "width", "height"].map(|key| position[key].as_f64().unwrap());
        let inside =
            x + w <= page["width"].as_f64().unwrap() && y + h <= page["height"].as_f64().unwrap();
        assert!(inside, "{}", visual.name);
        for (other, [left, top, right, bottom]) in &boxes {
            let apart = x >= *right || x + w <= *left || y >= *bottom || y + h <= *top;
            assert!(apart, "{} covers {other}", visual.name);
        }
        boxes.push((visual.name, [x, y, x + w, y + h]));
    }
}
