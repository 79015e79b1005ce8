//! The product in a world that goes wrong, by one seed: three processes of the app, queues that
//! deliver twice and lose their locks, vendors that restate files, a storage and a warehouse that
//! go away for a while, deaths at any place, clocks that differ, sweeps, a file that kills, and in
//! a third of the rounds inputs that are bad, see [`round::bad`].
//!
//! Everything runs one step at a time (see [`stage`]); names, time and order come from the seed.
//! The product is the real one, up to its object stores and its queues, which are stand-ins: the
//! stores are in memory, and the host is the few lines of [`round`].

mod actor;
mod check;
mod queue;
mod round;
mod stage;
mod store;
mod vendor;

pub use round::{Failure, Plan, play};
