//! Event Grid: which blobs were written ([`decode`]), and what we tell others ([`Publisher`]).
//!
//! An event only names a path. Its URL is taken apart and never followed, and events of foreign
//! accounts and containers are ignored.
//!
//! Tokens come from the official `azure_identity`, over our own HTTP client: it adds 26 crates to
//! the 126 of `object_store` with `reqwest`, under a tenth of the build, and no TLS of its own.

mod auth;
mod blob_created;
mod cloud_event;
mod error;
mod make;
mod name;
mod publisher;

pub use auth::Auth;
pub use blob_created::{BlobCreated, Decoded, Ignored, Scope, decode};
pub use cloud_event::{CloudEvent, Data, FactPublished, FileRefused, FileStaged};
pub use error::Error;
pub use make::blob_created;
pub use publisher::Publisher;
