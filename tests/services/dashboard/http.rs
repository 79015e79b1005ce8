//! What is asked and answered over HTTP: headers, tags, bounds, who is answered.

use super::Demo;

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
