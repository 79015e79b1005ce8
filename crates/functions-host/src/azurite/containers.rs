//! Containers of blobs.

use reqwest::Method;

use super::{
    Account, Error,
    service::{Request, Service},
};

/// Makes a container, unless it is there.
pub async fn create_container(account: &Account, name: &str) -> Result<(), Error> {
    let request = Request {
        method: Method::PUT,
        endpoint: account.blob_endpoint(),
        path: &[name],
        query: &[("restype", "container".to_owned())],
        blob_type: None,
        body: Vec::new(),
        doing: "create the container",
    };
    match Service::new(account).send(request).await {
        Err(Error::Refused { code, .. }) if code == "ContainerAlreadyExists" => Ok(()),
        answer => answer.map(drop),
    }
}
