use std::process::ExitCode;

fn main() -> ExitCode {
    movie_analytics::cli::main()
}
