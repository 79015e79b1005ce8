//! Blobs, as far as a person who drops a file needs them.

use reqwest::Method;

use super::{
    Account, Error,
    service::{Request, Service},
};

/// Writes a block blob in one request, over one that may be there. Returns its ETag.
pub async fn put_blob(
    account: &Account,
    container: &str,
    name: &str,
    body: Vec<u8>,
) -> Result<String, Error> {
    let path: Vec<&str> = [container].into_iter().chain(name.split('/')).collect();
    let doing = "write the blob";
    let request = Request {
        method: Method::PUT,
        endpoint: account.blob_endpoint(),
        path: &path,
        query: &[],
        blob_type: Some("BlockBlob"),
        body,
        doing,
    };
    let answer = Service::new(account).send(request).await?;
    let etag = answer.headers().get("etag").and_then(|etag| etag.to_str().ok());
    etag.map(str::to_owned).ok_or_else(|| Error::Answer {
        doing,
        name: path.join("/"),
        problem: "has no ETag".to_owned(),
    })
}

/// Takes a blob away.
pub async fn delete_blob(account: &Account, container: &str, name: &str) -> Result<(), Error> {
    let path: Vec<&str> = [container].into_iter().chain(name.split('/')).collect();
    let request = Request {
        method: Method::DELETE,
        endpoint: account.blob_endpoint(),
        path: &path,
        query: &[],
        blob_type: None,
        body: Vec::new(),
        doing: "delete the blob",
    };
    Service::new(account).send(request).await.map(drop)
}
