//! The program: see its `--help`. What it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    movie_analytics::cli::main()
}
