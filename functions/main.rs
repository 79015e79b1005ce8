use std::process::ExitCode;

/// Keeps freed memory for the next batch. The system's allocator gives large blocks back and has
/// them zeroed again: a sixth of the time that facts take.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    movie_analytics::cli::main()
}
