//! Events in, and events out.

mod decode;
mod publish;
