//! An operator's desk has no managed identity: whoever signed in with the Azure CLI enters the lake.

#![cfg(unix)]

use std::{
    env, fs,
    io::{Read, Write},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    sync::{Arc, Mutex},
    thread,
};

use crate::common::app::{Ran, command};

/// What `az account get-access-token` prints.
const AZ: &str = "#!/bin/sh\necho '{\"accessToken\":\"token-of-the-desk\",\"expires_on\":4102444800,\
                  \"tokenType\":\"Bearer\"}'\n";

const NO_BLOBS: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
    <EnumerationResults><Blobs /><NextMarker /></EnumerationResults>";

/// A storage account without blobs: its address, and the heads of requests.
fn account() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/films", listener.local_addr().unwrap());
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let heads = Arc::clone(&seen);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, mut head) = (stream.unwrap(), Vec::new());
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                match stream.read(&mut byte) {
                    Ok(1) => head.push(byte[0]),
                    _ => break,
                }
            }
            heads.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
            let length = NO_BLOBS.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{NO_BLOBS}"
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (address, seen)
}

#[test]
fn the_azure_cli_signs_in_where_there_is_no_managed_identity() {
    let folder = tempfile::tempdir().unwrap();
    let az = folder.path().join("az");
    fs::write(&az, AZ).unwrap();
    fs::set_permissions(&az, fs::Permissions::from_mode(0o755)).unwrap();
    let (address, seen) = account();
    let path = format!("{}:{}", folder.path().display(), env::var("PATH").unwrap());
    let mut refused = command(folder.path(), &["refused", "--warehouse", "sqlite:w.db"]);
    refused.env("LAKE__blobServiceUri", address).env("PATH", path);
    for name in ["IDENTITY_ENDPOINT", "IDENTITY_HEADER", "AZURE_CLIENT_SECRET"] {
        refused.env_remove(name);
    }
    let ran = Ran::from(refused.output().unwrap()).ends_with(0);
    assert_eq!(ran.stdout, "nothing is refused\n");
    let heads = seen.lock().unwrap();
    assert!(!heads.is_empty());
    let signed = |head: &String| head.contains("authorization: Bearer token-of-the-desk\r\n");
    assert!(heads.iter().all(signed), "{heads:?}");
}
