//! Each reason stands in the page that vendors read.

use std::{collections::BTreeSet, fs, path::Path};

use pipeline::{FileReason, RowReason};

#[test]
fn every_reason_has_a_line_in_the_page_for_vendors_and_the_page_has_no_other() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/DATA.md");
    let page = fs::read_to_string(page).unwrap();
    let section = |title: &str| {
        let (_, rest) = page.split_once(&format!("## {title}\n")).expect("the section");
        rest.split("\n## ").next().unwrap().to_owned()
    };
    let reasons = |title: &str| -> BTreeSet<String> {
        let lines = section(title);
        let cells = lines.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
        cells.flat_map(|cell| cell.split(", ")).map(|name| name.trim_matches('`').into()).collect()
    };
    let rows: BTreeSet<_> = RowReason::ALL.iter().map(|reason| reason.name().into()).collect();
    let files: BTreeSet<_> = FileReason::ALL.iter().map(|reason| reason.name().into()).collect();
    assert_eq!(reasons("Refused rows"), rows);
    assert_eq!(reasons("Rejected files"), files);
}

#[test]
fn every_limit_is_documented_with_its_default() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/DATA.md")).unwrap();
    for (name, default) in [
        ("MAX_FIELD_BYTES", "1048576"),
        ("MAX_LINE_BYTES", "4194304"),
        ("MAX_XML_DEPTH", "8"),
        ("MAX_FILE_BYTES", "68719476736"),
        ("MAX_GZIP_RATIO", "200"),
        ("MAX_REFUSED_SHARE", "0.2"),
    ] {
        let line = page.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let line = line.unwrap_or_else(|| panic!("{name} is not documented"));
        assert!(line.ends_with(&format!(" {default} |")), "{line}");
    }
}
