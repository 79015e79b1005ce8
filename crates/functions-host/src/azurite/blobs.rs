//! Containers and blobs, as far as a person who drops a file needs them.

use reqwest::Method;

use super::{
    Account, Error,
    service::{Request, Service},
};

/// Creates a container, unless it is there.
pub async fn create_container(account: &Account, name: &str) -> Result<(), Error> {
    let path = [name];
    let query = [("restype", "container".to_owned())];
    let request = request(account, Method::PUT, "create the container", &path);
    match Service::new(account).send(Request { query: &query, ..request }).await {
        Err(error) if error.has_code("ContainerAlreadyExists") => Ok(()),
        answer => answer.map(drop),
    }
}

/// Writes a block blob in one request, over one that may be there. Returns its ETag.
pub async fn put_blob(
    account: &Account,
    container: &str,
    name: &str,
    body: Vec<u8>,
) -> Result<String, Error> {
    let (doing, path) = ("write the blob", path(container, name));
    let request = request(account, Method::PUT, doing, &path);
    let request = Request { blob_type: Some("BlockBlob"), body, ..request };
    let answer = Service::new(account).send(request).await?;
    let etag = answer.headers().get("etag").and_then(|etag| etag.to_str().ok());
    let problem = "has no ETag".to_owned();
    let name = path.join("/");
    etag.map(str::to_owned).ok_or(Error::Answer { doing, name, problem })
}

/// Deletes a blob.
pub async fn delete_blob(account: &Account, container: &str, name: &str) -> Result<(), Error> {
    let path = path(container, name);
    let request = request(account, Method::DELETE, "delete the blob", &path);
    Service::new(account).send(request).await.map(drop)
}

fn path<'a>(container: &'a str, name: &'a str) -> Vec<&'a str> {
    [container].into_iter().chain(name.split('/')).collect()
}

fn request<'a>(
    account: &'a Account,
    method: Method,
    doing: &'static str,
    path: &'a [&'a str],
) -> Request<'a> {
    let endpoint = account.blob_endpoint();
    Request { method, endpoint, path, query: &[], blob_type: None, body: Vec::new(), doing }
}
