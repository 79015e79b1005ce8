//! How the page looks and is operated: in light and dark, on a phone, by the keyboard.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::{Demo, golden, step};
use crate::common::{browser, numbers::Numbers};

#[test]
fn nobody_is_kept_out_and_nothing_sticks_out() {
    let demo = Demo::start();
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dashboard");
    fs::create_dir_all(&shots).unwrap();
    let (empty, failing) = (demo.without_warehouse(), demo.with_wrong_file());
    let filtered = "/?state=Kansas&state=Ohio&device=Mobile&from=2021-04-20&to=soon";
    let pages = [
        ("all", &demo.served, "/"),
        ("filtered", &demo.served, filtered),
        ("nothing", &demo.served, "/?state=Atlantis"),
        ("empty", &empty, "/"),
        ("failing", &failing, "/"),
        ("dictionary", &demo.served, "/dashboard/dictionary"),
        ("refused", &demo.served, "/dashboard/refused"),
    ];
    let (mut steps, mut looks) = (Vec::new(), Vec::new());
    for scheme in ["light", "dark"] {
        for width in [1_280, 768, 390] {
            steps.push(json!({ "do": "look", "width": width, "scheme": scheme }));
            for (name, served, path) in &pages {
                let file = shots.join(format!("{name}-{width}-{scheme}.png"));
                steps.push(served.open(path));
                steps.push(json!({ "do": "shot", "file": file }));
                steps.extend(["measure", "unfold", "axe", "measure"].map(step));
                looks.push(format!("{name} at {width} pixels, {scheme}"));
            }
        }
    }
    let found = browser::run(steps);
    assert_eq!(found.len(), 4 * looks.len());
    for (look, found) in looks.iter().zip(found.chunks(4)) {
        assert_eq!(found[2]["broken"], json!([]), "{look}");
        assert!(found[2]["passed"].as_u64().unwrap() > 10, "{look}: {}", found[2]);
        for measured in [&found[1], &found[3]] {
            assert!(measured["overflow"].as_i64().unwrap() <= 0, "{look}: {measured}");
        }
    }
}

#[test]
fn the_keyboard_reaches_the_filters_in_order() {
    let demo = Demo::start();
    let tab = json!({ "do": "tab", "times": 4 });
    let found = browser::run(vec![demo.served.open("/?os=Linux"), tab]);
    let seen: Vec<String> = serde_json::from_value(found[1].clone()).unwrap();
    assert_eq!(seen[0], "Skip to the numbers");
    assert_eq!(&seen[1..3], ["Remove the filter Linux ×", "Clear all"]);
    assert!(seen[3].starts_with("Alabama "), "{seen:?}");
}

#[test]
fn on_a_phone_the_numbers_come_first_and_the_filters_fold() {
    let demo = Demo::start();
    let tops = json!({ "do": "tops", "selectors": [".tiles", ".filters", ".charts", "form"] });
    let look = |width: u32| json!({ "do": "look", "width": width, "scheme": "light" });
    let found = browser::run(vec![
        look(390),
        demo.served.open("/"),
        tops.clone(),
        step("unfold"),
        tops.clone(),
        look(1_280),
        demo.served.open("/"),
        tops,
    ]);
    let top = |found: &Value, what: &str| found[what].as_f64();
    let (phone, unfolded, desk) = (&found[1], &found[2], &found[4]);
    assert!(top(phone, ".tiles") < top(phone, ".filters"), "{phone}");
    assert!(top(phone, ".filters") < top(phone, ".charts"), "{phone}");
    assert!(top(phone, ".charts").unwrap() < 900.0, "a chart is on the first screen: {phone}");
    assert!(top(phone, "form").is_none() && top(unfolded, "form").is_some(), "{phone} {unfolded}");
    assert!(top(desk, "form").is_some(), "{desk}");
    assert_eq!(top(desk, ".tiles"), top(desk, ".filters"), "beside each other: {desk}");
}

#[test]
fn pointer_and_keyboard_bring_up_the_values_of_a_chart() {
    let (demo, golden) = (Demo::start(), golden());
    let values = "section[aria-labelledby=by-date] .values input";
    let bar = "section[aria-labelledby=by-os] .bars a";
    let focus = |selector: &str| json!({ "do": "focus", "selector": selector });
    let hover = |selector: &str| json!({ "do": "hover", "selector": selector });
    let press = json!({ "do": "key", "name": "ArrowRight" });
    let found = browser::run(vec![
        demo.served.open("/"),
        step("tips"),
        hover(values),
        step("tips"),
        hover(bar),
        step("tips"),
        hover("h1"),
        focus(bar),
        step("tips"),
        json!({ "do": "tab", "times": 1 }),
        focus(values),
        press,
        step("tips"),
    ]);
    let positive = |of: &Numbers| of.positive as f64 / of.reviews as f64 * 100.0;
    let days: Vec<String> = golden
        .by_date
        .iter()
        .take(2)
        .map(|(day, of)| format!("{day}: {} reviews, {:.1}% positive", of.reviews, positive(of)))
        .collect();
    let most = golden.by_os.values().max_by_key(|of| of.reviews).unwrap();
    let bar = format!("{} positive: {:.1}%", most.positive, positive(most));
    assert_eq!(found[1], json!([]));
    assert_eq!(found[2], json!([days[0]]));
    assert_eq!(found[3], json!([bar]));
    assert_eq!(found[4], json!([bar]), "by the keyboard");
    assert_eq!(found[6], json!([days[1]]), "the arrow keys go from point to point");
}
