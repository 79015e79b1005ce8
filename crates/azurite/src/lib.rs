//! The storage emulator Azurite for tests and local runs, and the little of the storage services
//! that those need and `object_store` has not: containers made anew, and queues.
//!
//! Nothing of this is part of the deployed program.

mod account;
mod blobs;
mod containers;
mod emulator;
mod error;
mod messages;
mod queues;
mod service;

pub use account::Account;
pub use blobs::{delete_blob, put_blob};
pub use containers::create_container;
pub use emulator::{Azurite, Ports, VERSION};
pub use error::Error;
pub use messages::Message;
pub use queues::Queues;
