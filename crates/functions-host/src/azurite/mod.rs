//! The storage emulator Azurite, and what tests and local runs need of the storage services and
//! `object_store` lacks: creating containers, and queues.

mod account;
mod blobs;
mod emulator;
mod error;
mod messages;
mod queues;
mod service;

pub use account::Account;
pub use blobs::{create_container, delete_blob, put_blob};
pub use emulator::{Azurite, Ports};
pub use error::Error;
pub use messages::Message;
pub use queues::Queues;
