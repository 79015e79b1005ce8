//! The dashboard as people meet it: Chromium on a page that the binary serves, its numbers held
//! against SQL and against the golden file.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use crate::common::{
    app, browser, drop,
    numbers::{Golden, Groups, Numbers},
    place::Place,
    warehouse::{self, Facts},
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The page, served by the binary until this is dropped.
struct Served {
    child: Child,
    origin: String,
}

impl Served {
    fn start(folder: &Path, args: &[&str]) -> Self {
        let mut child = app::command(folder, args)
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let address = lines.into_iter().find_map(|line| {
            let rest = line.strip_prefix("dashboard")?.trim().to_owned();
            Some(rest.split_once(" (").unwrap().0.to_owned())
        });
        let origin = address.expect("the command says where the page is");
        assert!(origin.starts_with("http://127.0.0.1:"), "{origin}");
        Self { child, origin: origin.trim_end_matches('/').to_owned() }
    }

    /// A page over this warehouse, on a free port.
    fn of(folder: &Path, file: &Path) -> Self {
        let warehouse = format!("sqlite:{}", file.display());
        Self::start(folder, &["dashboard", "--warehouse", &warehouse, "--port", "0"])
    }

    /// The step that goes there.
    fn open(&self, path: &str) -> Value {
        json!({ "do": "open", "url": format!("{}{path}", self.origin) })
    }

    /// What one page says.
    #[track_caller]
    fn read(&self, path: &str) -> Value {
        browser::run(vec![self.open(path), step("read")]).remove(1)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `movie-analytics demo --open`, once for all that look at it.
struct Demo {
    folder: TempDir,
    served: Served,
}

impl Demo {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let served = Served::start(folder.path(), &["demo", "--open"]);
        Self { folder, served }
    }

    fn warehouse(&self) -> PathBuf {
        self.folder.path().join("demo/warehouse.db")
    }

    /// Before the first publish.
    fn without_warehouse(&self) -> Served {
        let file = self.folder.path().join("none.db");
        fs::write(&file, "").unwrap();
        Served::of(self.folder.path(), &file)
    }

    /// Over something else than a warehouse.
    fn with_wrong_file(&self) -> Served {
        let file = self.folder.path().join("notes.txt");
        fs::write(&file, "no database ".repeat(1_000)).unwrap();
        Served::of(self.folder.path(), &file)
    }
}

fn golden() -> Golden {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/golden_dashboard.json");
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

fn click(within: &str, name: &str) -> Value {
    json!({ "do": "click", "within": within, "name": name })
}

fn step(name: &str) -> Value {
    json!({ "do": name })
}

/// A button, by what it filters on.
fn press(part: &str, name: &str) -> Value {
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
    let said = read["tiles"]["Total spend"][1].as_str().unwrap();
    let buyers = format!("All {} buyers", golden.all_buyers.buyers);
    assert!(said.contains(&buyers) && said.contains("254,249.30"), "{said}");
    assert_eq!(read["drawn"], json!(["Reviews by day", "Share of reviews by device"]));
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
fn texts_of_vendors_stay_texts() {
    const TEXTS: [&str; 4] =
        ["<script>alert(1)</script>", "' OR 1=1 --", "\"><img src=x onerror=alert(2)>", "a&amp;b"];
    let place = Place::new();
    let reviews: Vec<_> = (0..6).map(|id| (id, "good", id)).collect();
    place.drop("movie_review/a.csv", drop::reviews(&reviews));
    let xml = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let mut logs = "id_review,log\n".to_owned();
    for (id, text) in TEXTS.iter().enumerate() {
        let log = drop::log("2021-04-19", "Mobile", None).replace("Kansas", &xml(text));
        logs += &format!("{id},\"{}\"\n", log.replace('"', "\"\""));
    }
    place.drop("log_reviews/a.csv", logs);
    place.run();
    let served = Served::of(place.folder(), &place.warehouse());
    let mut steps = vec![served.open("/"), step("read")];
    for text in TEXTS {
        steps.extend([served.open("/"), press("state", text), step("read")]);
    }
    let found = browser::run(steps);
    let bars = |read: &Value| -> Vec<String> {
        serde_json::from_value(read["bars"]["Reviews by location"].clone()).unwrap()
    };
    let mut all = bars(&found[1]);
    all.sort();
    let mut expected = TEXTS.map(|text| format!("{text} 1 25.0%"));
    expected.sort();
    assert_eq!(all, expected);
    for (text, read) in TEXTS.iter().zip(found[2..].chunks(2).map(|found| &found[1])) {
        assert_eq!(read["chosen"], json!([format!("Remove the filter {text} ×")]));
        assert_eq!(bars(read), [format!("{text} 1 100.0%")]);
        assert_eq!(read["scripts"], 0);
    }
}

#[test]
fn what_is_wrong_with_the_numbers_is_said_first() {
    let demo = Demo::start();
    let change = |sql: &str| {
        rusqlite::Connection::open(demo.warehouse()).unwrap().execute_batch(sql).unwrap();
    };
    change(
        "UPDATE ops_load_history SET written_at = '2021-04-26T06:15:04Z' WHERE dataset = 'review_logs';
         UPDATE ops_publish_log SET publish_id = 2",
    );
    let late = demo.served.read("/");
    let came = "The newest file of logs came 2021-04-26 06:15 UTC";
    assert!(late["badge"] == "Late: Logs" && late["notices"].to_string().contains(came), "{late}");
    change(
        "INSERT INTO ops_refused_day VALUES (20210420, 3, 'day_shrink', '<b>3</b> instead of 400');
         UPDATE ops_load_history SET written_at = strftime('%Y-%m-%dT%H:%M:%SZ');
         UPDATE ops_publish_log SET publish_id = 3",
    );
    let refused = demo.served.read("/");
    assert_eq!(refused["badge"], "Some days are held back");
    let says = refused["notices"][0].as_str().unwrap();
    assert!(says.contains("2021-04-20: day_shrink, <b>3</b> instead of 400"), "{says}");

    let empty = demo.without_warehouse().read("/");
    assert_eq!(empty["badge"], "Nothing published yet");
    let failing = demo.with_wrong_file().read("/");
    assert_eq!((&failing["badge"], &failing["tiles"]), (&json!("Not available"), &json!({})));
    let says = failing["notices"][0].as_str().unwrap();
    assert!(says.contains("cannot be read") && !says.contains("notes.txt"), "{says}");
    let nothing = demo.served.read("/?from=2021-04-25&to=2021-04-19");
    let says = nothing["notices"].as_array().unwrap().last().unwrap().as_str().unwrap();
    assert!(says.contains("The first day is after the last day."), "{says}");
}

#[tokio::test]
async fn a_browser_that_has_the_page_is_not_sent_it_again() {
    let demo = Demo::start();
    let get = |path: &str, tag: Option<&str>| {
        let request = reqwest::Client::new().get(format!("{}{path}", demo.served.origin));
        let request = tag.into_iter().fold(request, |r, tag| r.header("if-none-match", tag));
        async { request.send().await.unwrap() }
    };
    let page = get("/?os=Linux", None).await;
    let header = |name: &str| page.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        (page.status().as_u16(), &*header("content-type")),
        (200, "text/html; charset=utf-8")
    );
    assert_eq!(header("cache-control"), "private, no-cache");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("referrer-policy"), "no-referrer");
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("script"), "{policy}");

    let tag = header("etag");
    let again = get("/?os=Linux", Some(&tag)).await;
    assert_eq!((again.status().as_u16(), again.headers()["etag"].to_str().unwrap()), (304, &*tag));
    assert_eq!(again.text().await.unwrap(), "");
    // In another order, and with what does not matter, it is the same filter.
    assert_eq!(get("/?utm=x&os=Linux&state=", Some(&tag)).await.status(), 304);
    assert_eq!(get("/?os=Apple+iOS", Some(&tag)).await.status(), 200);
    let head = reqwest::Client::new().head(format!("{}/?os=Linux", demo.served.origin));
    let head = head.send().await.unwrap();
    let without_date = |response: &reqwest::Response| {
        let mut headers = response.headers().clone();
        headers.remove("date");
        headers
    };
    assert_eq!((head.status(), without_date(&head)), (page.status(), without_date(&page)));
    assert_eq!(head.text().await.unwrap(), "");
    rusqlite::Connection::open(demo.warehouse())
        .unwrap()
        .execute("UPDATE ops_publish_log SET publish_id = publish_id + 1", [])
        .unwrap();
    assert_eq!(get("/?os=Linux", Some(&tag)).await.status(), 200, "after a publish");
}

#[tokio::test]
async fn a_page_does_not_grow_with_the_square_of_its_address() {
    let demo = Demo::start();
    let page = |query: String| {
        let address = format!("{}/?{query}", demo.served.origin);
        async { reqwest::get(address).await.unwrap() }
    };
    let of = |values: usize| (0..values).map(|n| format!("os=a{n:04}&")).collect::<String>();
    let most = page(of(900)).await;
    assert_eq!(most.status(), 200);
    let most = most.text().await.unwrap();
    assert!(most.contains("A filter takes 50 values: 850 more were ignored."), "{most}");
    let fifty = page(of(50)).await.text().await.unwrap();
    assert!(most.len() < fifty.len() + 1_000, "{} and {} bytes", most.len(), fifty.len());
    assert!(most.len() < 500_000, "{} bytes", most.len());
    let refused = page(of(1_000)).await;
    assert_eq!(refused.status(), 414);
    assert!(refused.text().await.unwrap().contains("This address is too long"));
}

#[tokio::test]
async fn the_page_on_this_machine_is_for_this_machine_alone() {
    let demo = Demo::start();
    let status = |host: &str| {
        let request = reqwest::Client::new().get(format!("{}/", demo.served.origin));
        let request = request.header("host", host);
        async { request.send().await.unwrap().status().as_u16() }
    };
    for host in ["localhost", "127.0.0.1:7070"] {
        assert_eq!(status(host).await, 200, "{host}");
    }
    for host in ["evil.example", "evil.example:7070", "127.0.0.1.evil.example"] {
        assert_eq!(status(host).await, 421, "{host}");
    }
}

#[tokio::test]
async fn who_looks_does_not_wait_for_a_publish() {
    let demo = Demo::start();
    let publishing = rusqlite::Connection::open(demo.warehouse()).unwrap();
    publishing.execute_batch("BEGIN IMMEDIATE; DELETE FROM agg_daily;").unwrap();
    let page = reqwest::get(format!("{}/?state=Ohio", demo.served.origin)).await.unwrap();
    assert_eq!(page.status(), 200);
    let text = page.text().await.unwrap();
    assert!(text.contains("Total reviews"), "what was published before is shown: {text}");
    publishing.execute_batch("COMMIT").unwrap();
}

#[tokio::test]
async fn each_chart_gives_its_numbers_and_an_unknown_value_is_named() {
    let (demo, golden) = (Demo::start(), golden());
    let get = async |query: &str| {
        let answer = reqwest::get(format!("{}/?{query}", demo.served.origin)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    for (chart, groups) in [("os", &golden.by_os), ("date", &golden.by_date)] {
        let (_, csv) = get(&format!("chart={chart}&format=csv")).await;
        let row =
            |(text, of): (&String, &Numbers)| format!("{text},{},{}", of.reviews, of.positive);
        let mut lines: Vec<_> = groups.iter().map(row).collect();
        lines.insert(0, format!("{chart},reviews,positive"));
        assert_eq!(csv.lines().collect::<Vec<_>>(), lines, "{chart}");
    }
    let (_, json) = get("state=Ohio&chart=state&format=json").await;
    let ohio = json!([{"state": "Ohio", "reviews": golden.by_location["Ohio"].reviews,
        "positive": golden.by_location["Ohio"].positive}]);
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), ohio);
    assert_eq!((get("format=csv&chart=x").await.0, get("format=xml").await.0), (400, 400));
    let (_, page) = get("state=Ohio&state=Atlantis").await;
    assert!(page.contains("No state is called “Atlantis”.") && !page.contains("called “Ohio”"));
    assert!(page.contains("?state=Atlantis&amp;state=Ohio&amp;chart=os&amp;format=csv"));
}
