//! Cases: texts and their keys.

use std::collections::BTreeMap;

use pipeline::dimensions::{COUNT, place};

use super::{Connect, Connected, Done, samples::*};
use crate::{Error, Publish};

/// Texts that a careless collation, trimming, escaping or encoding would merge or change. None ends
/// in a blank: SQL Server compares without those, and the readers of files take them off.
const TEXTS: [&str; 34] = [
    "Apple iOS",
    "apple ios",
    "APPLE IOS",
    "Apple  iOS",
    "Zürich",
    "Zurich",
    // The same letters, composed otherwise.
    "Zu\u{308}rich",
    "Ångström",
    "ångström",
    "A\u{30A}ngstro\u{308}m",
    // A sign that is not the letter, though it looks like it.
    "\u{212B}ngström",
    "İ",
    "i",
    "I",
    "ı",
    "Straße",
    "Strasse",
    "ﬁlm",
    "film",
    "日本",
    "日\u{3000}本",
    "ﾆﾎﾝ",
    "ニホン",
    "🎬 film",
    "👩\u{200D}👩\u{200D}👧",
    "Kansas\u{200B}",
    "Kansas",
    "O'Neill; DROP TABLE dim_os --",
    "5\" \\ \"screen\"",
    "\\u00e5 \\n",
    "two\nlines\tand a tab",
    "a%_[b]",
    "{\"device\": null}",
    "1",
];

pub async fn texts_are_compared_byte_for_byte(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let longest = ["x", "ü", "本", "🎬"].map(|letter| letter.repeat(200));
    let texts: Vec<&str> = TEXTS.into_iter().chain(longest.iter().map(String::as_str)).collect();
    let rows: Vec<_> = texts
        .iter()
        .zip(0..)
        .map(|(text, customer)| Row { texts: [Some(*text); COUNT], ..row(SUNDAY, customer) })
        .collect();
    publish(&mut warehouse, &batch(&[SUNDAY], &rows)).await?;
    for fact in warehouse.facts().await? {
        let text = texts[fact.customer as usize];
        assert_eq!(fact.texts, [text; COUNT], "customer {}", fact.customer);
    }
    assert_eq!(warehouse.summary().await?.members, [texts.len() as u64; COUNT]);
    Ok(())
}

pub async fn keys_are_stable(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let first = [row(SUNDAY, 1), row(SUNDAY, 2).with("location", "Ohio")];
    publish(&mut warehouse, &batch(&[SUNDAY], &first)).await?;
    let before = keys(&mut warehouse).await?;

    // The day's texts go, and come again with others, in another order, from another process.
    publish(&mut warehouse, &batch(&[SUNDAY], &[])).await?;
    let mut warehouse = connect();
    let again = [
        row(SUNDAY, 1).with("location", "Alaska"),
        row(SUNDAY, 2).with("location", "Ohio"),
        row(MONDAY, 3),
    ];
    publish(&mut warehouse, &batch(&[SUNDAY, MONDAY], &again)).await?;
    let after = keys(&mut warehouse).await?;
    assert_eq!(after.len(), before.len() + 1, "{after:?}");
    for (member, key) in &before {
        assert_eq!(after.get(member), Some(key), "{member:?}");
    }
    Ok(())
}

pub async fn texts_that_no_fact_has_go_when_told_to_and_their_keys_stay_taken(
    connect: Connect<'_>,
) -> Done {
    let mut warehouse = connect();
    let of = |texts: &[&'static str]| -> Vec<Row> {
        texts.iter().zip(1..).map(|(text, n)| row(SUNDAY, n).with("location", text)).collect()
    };
    publish(&mut warehouse, &batch(&[SUNDAY], &of(&["Ohio", "Call 821", "Iowa", "Ring 822"])))
        .await?;
    let before = keys(&mut warehouse).await?;
    let key = |keys: &BTreeMap<(String, String), i64>, text: &str| {
        keys.get(&("location".to_owned(), text.to_owned())).copied()
    };
    for _ in 0..2 {
        let rest = batch(&[SUNDAY], &of(&["Ohio", "Iowa"]));
        let removing = Publish { remove_unused_members: true, ..next(&mut warehouse).await? };
        publish_all(&mut warehouse, removing, &rest, &[]).await?;
        let left = keys(&mut warehouse).await?;
        for gone in ["Call 821", "Ring 822"] {
            assert_eq!(key(&left, gone), None, "{gone}");
        }
        for kept in ["Ohio", "Iowa"] {
            assert_eq!(key(&left, kept), key(&before, kept), "{kept}");
        }
    }
    publish(&mut warehouse, &batch(&[SUNDAY], &of(&["Ohio", "Iowa", "Utah"]))).await?;
    let after = keys(&mut warehouse).await?;
    assert!(key(&after, "Utah") > key(&before, "Ring 822"), "{after:?}");
    assert_eq!(warehouse.facts().await?.len(), 3);
    Ok(())
}

pub async fn an_absent_browser_is_unknown(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    // A vendor may also write the word: it is the same member.
    let rows = [row(SUNDAY, 1), row(SUNDAY, 2).with("browser", "Unknown")];
    publish(&mut warehouse, &batch(&[SUNDAY], &rows)).await?;
    let browsers: Vec<_> =
        warehouse.facts().await?.into_iter().map(|f| f.text("browser").to_owned()).collect();
    assert_eq!(browsers, ["Unknown", "Unknown"]);
    let browsers: Vec<_> = keys(&mut warehouse)
        .await?
        .into_iter()
        .filter(|((dimension, _), _)| dimension == "browser")
        .map(|((_, text), key)| (text, key))
        .collect();
    assert_eq!(browsers, [("Unknown".to_owned(), 0)]);
    assert_eq!(warehouse.summary().await?.members[place("browser")], 0);
    Ok(())
}

pub async fn texts_without_facts_are_no_members(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let mut facts = batch(&[SUNDAY], &[row(SUNDAY, 1)]);
    facts.texts[place("location")].code("Of a day that was left out");
    publish(&mut warehouse, &facts).await?;
    assert_eq!(warehouse.summary().await?.members[place("location")], 1);
    Ok(())
}

/// Keys by dimension and text.
async fn keys(warehouse: &mut Connected) -> Result<BTreeMap<(String, String), i64>, Error> {
    let members = warehouse.members().await?;
    Ok(members.into_iter().map(|(dimension, key, text)| ((dimension, text), key)).collect())
}
