//! A private PostgreSQL server in a temporary folder, for tests: on a socket in its folder and on
//! the loopback address, never anywhere else. Run by root, the server is given to an unprivileged
//! user, as it refuses to be root.

mod account;
mod cluster;
mod process;

pub use cluster::{Cluster, Error, Tls};
