//! Event Grid: which blobs were written ([`decode`]), and our own events ([`Publisher`]).
//!
//! An event only names a path. Its URL is taken apart and never followed, and events of foreign
//! accounts and containers are ignored.
//!
//! ```
//! use eventgrid::{Scope, blob_created, decode};
//!
//! # fn main() -> Result<(), eventgrid::Error> {
//! let event = blob_created("vendors", "raw", "movie_review/2021-04-25.csv", "0x8D9", 43);
//! let scope = Scope { account: "vendors".to_owned(), container: "raw".to_owned() };
//! let decoded = decode(&event.to_string(), &scope)?;
//! assert_eq!(decoded.paths[0], "movie_review/2021-04-25.csv");
//! # Ok(())
//! # }
//! ```
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
pub use blob_created::{Decoded, Scope, decode};
pub use cloud_event::{CloudEvent, Data};
pub use error::Error;
pub use make::blob_created;
pub use publisher::Publisher;
