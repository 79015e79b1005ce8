//! The test host, with a handler that does what it is told, over a real storage emulator.

mod http;
mod process;
mod queue;
mod timer;
mod world;
