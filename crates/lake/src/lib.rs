pub mod receipt; pub use receipt::{Receipt, Refusal, Rows, State};
