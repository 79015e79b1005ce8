//! The picture of the page in the README. It names the page that it was taken of, so that it cannot
//! grow old: `UPDATE_GOLDEN=1 cargo test --test services dashboard::picture` takes another one.

use std::{env, fs, path::Path};

use serde_json::json;
use twox_hash::XxHash3_128;

use super::Demo;
use crate::common::browser;

/// What a viewer of the picture may see, apart from when it was published.
async fn hash_of_page(demo: &Demo) -> String {
    let page = reqwest::get(format!("{}/", demo.served.origin)).await.unwrap();
    let page = page.text().await.unwrap();
    let mut parts = page.split("<time");
    let first = parts.next().unwrap().to_owned();
    let rest = parts.map(|part| part.split_once("</time>").unwrap().1);
    let timeless = rest.fold(first, |all, part| all + part);
    format!("{:032x}", XxHash3_128::oneshot(timeless.as_bytes()))
}

/// A PNG with a text in it, before the chunk of twelve bytes that ends it.
fn with_text(png: &[u8], text: &str) -> Vec<u8> {
    let chunk = [b"tEXtpage\0", text.as_bytes()].concat();
    let mut crc = flate2::Crc::new();
    crc.update(&chunk);
    let length = u32::try_from(chunk.len() - 4).unwrap().to_be_bytes();
    let (image, end) = png.split_at(png.len() - 12);
    [image, &length, &chunk, &crc.sum().to_be_bytes(), end].concat()
}

#[tokio::test]
async fn the_readme_shows_the_page_as_it_is_now() {
    let demo = Demo::start();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/dashboard.png");
    let hash = hash_of_page(&demo).await;
    if env::var_os("UPDATE_GOLDEN").is_some() {
        let clip = json!({ "x": 0, "y": 0, "width": 1_280, "height": 640 });
        browser::run(vec![
            json!({ "do": "look", "width": 1_280, "scheme": "light" }),
            demo.served.open("/"),
            json!({ "do": "shot", "file": file, "clip": clip }),
        ]);
        let png = fs::read(&file).unwrap();
        fs::write(&file, with_text(&png, &hash)).unwrap();
    }
    let png = fs::read(&file).unwrap();
    assert!(png.len() < 150_000, "{} bytes", png.len());
    let named = memchr::memmem::find(&png, format!("tEXtpage\0{hash}").as_bytes());
    let remedy =
        "`UPDATE_GOLDEN=1 cargo test --test services dashboard::picture` takes another one";
    assert!(named.is_some(), "the page has changed: {remedy}");
}
