//! Cases: checks of one's own judge what a publish replaces, and change nothing.

use super::{Connect, Connected, Done, samples::*};
use crate::{Error, OwnCheck, Publish};

fn check(name: &str, query: &str) -> OwnCheck {
    OwnCheck::new(name, query).expect("one query")
}

/// Publishes two days and a customer's spend under these checks; Sunday's score is odd.
async fn judged(warehouse: &mut Connected, checks: Vec<OwnCheck>) -> Result<(), Error> {
    let rows = [Row { score: 7, count: 9, ..row(SUNDAY, 1) }, row(MONDAY, 2)];
    let publish = Publish { checks, spend: vec![spend(1, 2_500, 1)], ..next(warehouse).await? };
    publish_all(warehouse, publish, &batch(&[SUNDAY, MONDAY], &rows), &[]).await.map(drop)
}

fn failed(judged: Result<(), Error>) -> Vec<(pipeline::Day, String)> {
    match judged {
        Err(Error::FailedChecks(days)) => days.into_iter().map(|d| (d.day, d.check)).collect(),
        other => panic!("no check has failed: {other:?}"),
    }
}

pub async fn a_check_of_ones_own_names_the_days_of_its_rows_and_nothing_is_committed(
    connect: Connect<'_>,
) -> Done {
    let mut warehouse = connect();
    // What is published already is none of its business.
    publish(&mut warehouse, &batch(&[TUESDAY], &[Row { count: 9, ..row(TUESDAY, 1) }])).await?;
    let high =
        check("high.sql", "SELECT customerid, log_date FROM candidate WHERE review_count > 5;");
    let spent = check(
        "spent.sql",
        "SELECT customerid AS who -- without a day\nFROM candidate WHERE amount_spent > 2.4",
    );
    let none = check("none.sql", "SELECT device, location FROM candidate WHERE review_score < 0");
    let found = failed(judged(&mut warehouse, vec![none.clone(), high.clone()]).await);
    assert_eq!(found, [(SUNDAY, "high.sql".to_owned())]);
    let found = failed(judged(&mut warehouse, vec![none.clone(), high, spent]).await);
    let expected = [(SUNDAY, "high.sql".to_owned()), (MONDAY, "spent.sql".to_owned())];
    assert_eq!(found, expected, "rows without a day hold all days, by the first check each");
    let state = warehouse.state().await?;
    assert_eq!((state.head.publish_id, state.refused_days), (1, Vec::new()));
    assert_eq!(warehouse.facts().await?.len(), 1);
    judged(&mut warehouse, vec![none]).await?;
    assert_eq!(warehouse.facts().await?.len(), 3);
    Ok(())
}

pub async fn a_check_judges_the_replaced_days_that_nobody_has_accepted(
    connect: Connect<'_>,
) -> Done {
    let mut warehouse = connect();
    let checks = vec![check("any.sql", "SELECT log_date FROM candidate")];
    let facts = batch(&[SUNDAY, MONDAY], &[row(SUNDAY, 1), row(MONDAY, 2)]);
    let change = Publish {
        checks: checks.clone(),
        accepted: [SUNDAY].into(),
        ..next(&mut warehouse).await?
    };
    let found = failed(publish_all(&mut warehouse, change.clone(), &facts, &[]).await.map(drop));
    assert_eq!(found, [(MONDAY, "any.sql".to_owned())]);
    let change = Publish { accepted: [SUNDAY, MONDAY].into(), ..change };
    publish_all(&mut warehouse, change, &facts, &[]).await?;
    // A publish without days has nothing to judge, and a rehearsal judges as a publish does.
    let change = Publish { checks: checks.clone(), ..next(&mut warehouse).await? };
    let change = Publish { spend: vec![spend(1, 10, 1)], ..change };
    publish_all(&mut warehouse, change, &batch(&[], &[]), &[]).await?;
    let change = Publish { checks, ..next(&mut warehouse).await? };
    let mut publication = warehouse.begin(change).await?;
    publication.replace_days(&batch(&[TUESDAY], &[row(TUESDAY, 1)])).await?;
    let found = failed(publication.rehearse(&[]).await.map(drop));
    assert_eq!(found, [(TUESDAY, "any.sql".to_owned())]);
    Ok(())
}

pub async fn a_broken_check_is_told_and_changes_nothing(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    publish(&mut warehouse, &batch(&[TUESDAY], &[row(TUESDAY, 1)])).await?;
    let sound = check("sound.sql", "SELECT log_date FROM candidate WHERE review_count < 0");
    warehouse.try_checks(std::slice::from_ref(&sound)).await?;
    for query in [
        "SELECT absent FROM candidate",
        "SELECT log_date FROM absent",
        "SELEC log_date FROM candidate",
        "DELETE FROM candidate",
        "UPDATE candidate SET review_count = 0",
        "DROP TABLE candidate",
    ] {
        let checks = [sound.clone(), check("broken.sql", query)];
        for error in [
            warehouse.try_checks(&checks).await.err(),
            judged(&mut warehouse, checks.to_vec()).await.err(),
        ] {
            let Some(Error::BrokenCheck(why)) = error else { panic!("{query}: {error:?}") };
            assert!(why.contains("`broken.sql`") && !why.contains("`sound.sql`"), "{why}");
        }
    }
    assert_eq!(warehouse.state().await?.head.publish_id, 1);
    assert_eq!(warehouse.facts().await?.len(), 1);
    // Mended, and the same connection goes on.
    judged(&mut warehouse, vec![sound]).await?;
    assert_eq!(warehouse.facts().await?.len(), 3);
    Ok(())
}

pub async fn texts_and_unknown_reviews_are_those_of_the_facts(connect: Connect<'_>) -> Done {
    let mut warehouse = connect();
    let with_browser = Row { count: 5, ..row(SUNDAY, 1).with("browser", "Lynx") };
    let rows = [with_browser, Row { count: 3, ..row(SUNDAY, 2) }, row(MONDAY, 1)];
    publish(&mut warehouse, &batch(&[SUNDAY, MONDAY], &rows)).await?;
    let unknown = warehouse.unknown_counts(&[SUNDAY, MONDAY].into()).await?;
    let browsers = |day| unknown[&day][pipeline::dimensions::place("browser")];
    assert_eq!((browsers(SUNDAY), browsers(MONDAY)), (3, 1));
    assert_eq!(unknown[&SUNDAY][pipeline::dimensions::place("device")], 0);
    let texts = warehouse.texts().await?;
    assert!(texts.contains(&(pipeline::dimensions::place("browser"), "Lynx".to_owned())));
    assert!(texts.contains(&(pipeline::dimensions::place("browser"), "Unknown".to_owned())));
    assert!(!texts.contains(&(pipeline::dimensions::place("device"), "Lynx".to_owned())));
    Ok(())
}
