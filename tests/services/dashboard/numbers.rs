//! The numbers of the page against the golden file and SQL, under every filter.

use serde_json::{Value, json};

use super::{Demo, golden, step};
use crate::common::{
    browser,
    numbers::{Groups, Numbers},
    warehouse::{self, Facts},
};

fn click(within: &str, name: &str) -> Value {
    json!({ "do": "click", "within": within, "name": name })
}

/// A button, by what it filters on.
pub fn press(part: &str, name: &str) -> Value {
    let within = format!("nav[aria-labelledby=filter-{part}]");
    json!({ "do": "press", "within": within, "name": name })
}

/// `1,022`, and money: `14,090.02`.
fn number(text: &str) -> f64 {
    text.replace(',', "").parse().unwrap_or_else(|_| panic!("`{text}` is no number"))
}

/// What the tiles of a page say.
#[track_caller]
fn assert_tiles(read: &Value, expected: &Numbers, what: &str) {
    let tile = |name: &str| read["tiles"][name][0].as_str().unwrap_or("no such tile");
    assert_eq!(number(tile("Total reviews")), expected.reviews as f64, "{what}");
    assert_eq!(tile("Average review score"), format!("{:.3}", expected.score), "{what}");
    assert_eq!(number(tile("Customers")), expected.customers as f64, "{what}");
    let spend = number(tile("Total spend"));
    assert!((spend - expected.spend).abs() < 0.005_001, "{what}: {spend}, {}", expected.spend);
}

/// What a table of a page says, and its sum.
#[track_caller]
fn assert_table(read: &Value, caption: &str, expected: &Groups) {
    let rows = read["tables"][caption].as_array().unwrap_or_else(|| panic!("no {caption}"));
    let (total, rows) = rows.split_last().unwrap();
    let cells = |row: &Value| -> Vec<String> { serde_json::from_value(row.clone()).unwrap() };
    assert_eq!(rows.len(), expected.len(), "{caption}");
    let mut sum = 0;
    for row in rows {
        let cells = cells(row);
        let of = &expected[&cells[0]];
        sum += of.reviews;
        assert_eq!(number(&cells[1]), of.reviews as f64, "{caption}: {cells:?}");
        assert_eq!(number(&cells[3]), of.positive as f64, "{caption}: {cells:?}");
        assert_eq!(cells[4], format!("{:.3}", of.score), "{caption}: {cells:?}");
    }
    assert_eq!(number(&cells(total)[1]), sum as f64, "{caption}");
}

/// The facts of a filter, as SQL finds them.
fn chosen(facts: &Facts, lets: impl Fn(&warehouse::Grain) -> bool) -> Numbers {
    Numbers::of(facts.iter().filter(|(grain, _)| lets(grain)))
}

#[test]
fn the_demo_shows_the_golden_numbers() {
    let (demo, golden) = (Demo::start(), golden());
    let read = demo.served.read("/");
    assert_tiles(&read, &golden.total, "all");
    assert_table(&read, "Reviews by operating system", &golden.by_os);
    assert_table(&read, "Reviews by device", &golden.by_device);
    assert_table(&read, "Reviews by location", &golden.by_location);
    assert_table(&read, "Reviews by date, the newest first", &golden.by_date);
    let said = read["compared"].as_str().unwrap();
    assert!(said.starts_with("No change is shown: reviews begin on 2021-04-19"), "{said}");
    let said = read["tiles"]["Total spend"][1].as_str().unwrap();
    let buyers = format!("All {} buyers", golden.all_buyers.buyers);
    assert!(said.contains(&buyers) && said.contains("254,249.30"), "{said}");
    assert_eq!(
        read["drawn"],
        json!(["Reviews by day", "Share of positive reviews by day", "Share of reviews by device"])
    );
    assert_eq!(read["bars"]["Reviews by location"].as_array().unwrap().len(), 16);
    assert_eq!((&read["scripts"], &read["badge"]), (&json!(0), &json!("Up to date")));

    // Customers and their spend are told of each group, by its filter.
    let groups = [("os", &golden.by_os), ("device", &golden.by_device)];
    let days = golden.by_date.iter().map(|(day, of)| (format!("/?from={day}&to={day}"), of));
    let members = groups.into_iter().flat_map(|(name, groups)| {
        let address = move |text: &String| format!("/?{name}={}", text.replace(' ', "+"));
        groups.iter().map(move |(text, of)| (address(text), of))
    });
    let pages: Vec<_> = days.chain(members).collect();
    let steps = pages.iter().flat_map(|(path, _)| [demo.served.open(path), step("read")]);
    let found = browser::run(steps.collect());
    for ((path, expected), read) in pages.iter().zip(found.iter().skip(1).step_by(2)) {
        assert_tiles(read, expected, path);
    }
}

#[test]
fn filters_combine_by_clicking_and_the_numbers_equal_sql() {
    let demo = Demo::start();
    let facts = warehouse::facts(&demo.warehouse());
    let mut found = browser::run(vec![
        demo.served.open("/"),
        press("state", "Ohio"),
        press("state", "Kansas"),
        press("device", "Mobile"),
        step("read"),
        // A bar is a filter, too.
        click("section[aria-labelledby=by-os] .bars", "Google Android"),
        step("read"),
        json!({ "do": "fill", "label": "From", "value": "2021-04-20" }),
        json!({ "do": "fill", "label": "To", "value": "2021-04-24" }),
        json!({ "do": "choose", "label": "Add state", "value": "Iowa" }),
        step("apply"),
        step("read"),
        // Out of one again, by its chip, and of another, by its button.
        click(".chips", "Remove the filter Ohio"),
        press("device", "Mobile"),
        step("read"),
        click(".chips", "Clear all"),
        step("read"),
    ])
    .into_iter();
    assert_eq!(found.next().unwrap()["status"], 200);

    let read = found.next().unwrap();
    assert_eq!(read["address"], "?state=Kansas&state=Ohio&device=Mobile");
    let expected = chosen(&facts, |grain| {
        ["Ohio", "Kansas"].contains(&grain.text("location")) && grain.text("device") == "Mobile"
    });
    assert!(expected.reviews > 20);
    assert_tiles(&read, &expected, "two states on a device");
    assert_eq!(read["chosen"].as_array().unwrap().len(), 3);
    let pressed: Vec<String> = serde_json::from_value(read["pressed"].clone()).unwrap();
    assert!(pressed[0].starts_with("Kansas ") && pressed[2].starts_with("Mobile "), "{pressed:?}");
    assert_eq!(read["bars"]["Reviews by location"].as_array().unwrap().len(), 2);

    let read = found.next().unwrap();
    let on_android = |grain: &warehouse::Grain| {
        grain.text("device") == "Mobile" && grain.text("os") == "Google Android"
    };
    let expected = chosen(&facts, |grain| {
        ["Ohio", "Kansas"].contains(&grain.text("location")) && on_android(grain)
    });
    assert_tiles(&read, &expected, "and on a system");

    let read = found.next().unwrap();
    let days = "2021-04-20".to_owned()..="2021-04-24".to_owned();
    let expected = chosen(&facts, |grain| {
        ["Ohio", "Kansas", "Iowa"].contains(&grain.text("location"))
            && on_android(grain)
            && days.contains(&grain.day)
    });
    assert!(expected.reviews > 5);
    assert_tiles(&read, &expected, "and within days, with a third state");

    let read = found.next().unwrap();
    let address = "?state=Iowa&state=Kansas&os=Google+Android&from=2021-04-20&to=2021-04-24";
    assert_eq!(read["address"], address);
    let expected = chosen(&facts, |grain| {
        ["Kansas", "Iowa"].contains(&grain.text("location"))
            && grain.text("os") == "Google Android"
            && days.contains(&grain.day)
    });
    assert_tiles(&read, &expected, "without the chip and the button");

    let read = found.next().unwrap();
    assert_eq!((&read["address"], &read["chosen"]), (&json!(""), &json!([])));
    assert_tiles(&read, &golden().total, "cleared");
}

#[test]
fn numbers_are_compared_with_as_many_days_before() {
    let demo = Demo::start();
    let facts = warehouse::facts(&demo.warehouse());
    let of = |from: &str, to: &str| {
        let days = from.to_owned()..=to.to_owned();
        chosen(&facts, |grain| grain.text("device") == "Mobile" && days.contains(&grain.day))
    };
    let read = demo.served.read("/?device=Mobile&from=2021-04-23&to=2021-04-25");
    let (now, then) = (of("2021-04-23", "2021-04-25"), of("2021-04-20", "2021-04-22"));
    assert_tiles(&read, &now, "three days");
    let said = "Changes are against the 3 days before, 2021-04-20 to 2021-04-22.";
    assert_eq!(read["compared"], said);
    let change = |tile: &str| read["tiles"][tile][1].as_str().unwrap();
    let percent = |now: i64, then: i64| (now - then) as f64 / then as f64 * 100.0;
    let reviews = percent(now.reviews, then.reviews);
    assert_eq!(change("Total reviews"), format!("{reviews:+.1}% from {}", then.reviews));
    let customers = percent(now.customers, then.customers);
    assert_eq!(change("Customers"), format!("{customers:+.1}% from {}", then.customers));
    let [score, before] = [now.score, then.score].map(|score| (score * 1e3).round());
    let score = format!("{:+.3} from {:.3}", (score - before) / 1e3, before / 1e3);
    assert_eq!(change("Average review score"), score);
    let spend = number(change("Total spend").split_once("% from ").unwrap().1);
    assert!((spend - then.spend).abs() < 0.005_001, "{spend}, {}", then.spend);

    // Two of the four days before these have no data at all.
    let read = demo.served.read("/?from=2021-04-21&to=2021-04-24");
    assert!(read["compared"].as_str().unwrap().starts_with("No change is shown"), "{read}");
    assert_eq!(read["tiles"]["Total reviews"].as_array().unwrap().len(), 2, "{read}");
}
