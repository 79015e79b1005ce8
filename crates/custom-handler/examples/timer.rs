//! A timer that knows which occurrence it works for, also when it is late.
//!
//! `nightly/function.json` has a `timerTrigger` with `"schedule": "0 0 3 * * *"`.

use custom_handler::{App, Context, Error, Outcome, Stopped, Timer};

#[tokio::main]
async fn main() -> Result<Stopped, Error> {
    App::new().function("nightly", nightly).run().await
}

async fn nightly(timer: Timer, _: Context) -> Outcome {
    match timer.next {
        Some(next) => Outcome::done().log(format!("the night of {}", next.date_naive())),
        None => Outcome::try_again("the timer has no monitor: set `useMonitor` in function.json"),
    }
}
