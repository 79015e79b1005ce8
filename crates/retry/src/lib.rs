//! One way to try again: pauses that grow, within a deadline that depends on the error.

use std::{
    thread,
    time::{Duration, Instant},
};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// Pauses between tries: each twice as long as the one before.
#[derive(Clone, Copy, Debug)]
pub struct Backoff(ExponentialBuilder);

impl Backoff {
    /// From the first pause up to the longest.
    pub fn new(first: Duration, longest: Duration) -> Self {
        let pauses = ExponentialBuilder::new().with_factor(2.0).without_max_times();
        Self(pauses.with_min_delay(first).with_max_delay(longest))
    }

    /// Each pause is up to twice as long, at random: processes that failed together do not come
    /// back together.
    pub fn with_jitter(self) -> Self {
        Self(self.0.with_jitter())
    }

    /// The pauses, without end.
    pub fn pauses(self) -> impl Iterator<Item = Duration> + Send {
        self.0.build()
    }
}

/// That a failed try is worth another one.
#[derive(Clone, Copy, Debug)]
pub struct Again {
    /// From the first try to the end of the last pause.
    pub deadline: Duration,
    /// The next pause lasts at least this long.
    pub at_least: Duration,
}

impl Again {
    /// As long as the next try begins within the deadline.
    pub fn within(deadline: Duration) -> Self {
        Self { deadline, at_least: Duration::ZERO }
    }
}

/// Works until it succeeds, fails for good (`again` is `None`), or the next pause would end after
/// the deadline. Returns the last error.
pub async fn retry<T, E, W: Future<Output = Result<T, E>>>(
    backoff: Backoff,
    mut work: impl FnMut() -> W,
    again: impl Fn(&E) -> Option<Again>,
) -> Result<T, E> {
    let mut tries = Tries::new(backoff);
    loop {
        let error = match work().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        match tries.pause(again(&error)) {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return Err(error),
        }
    }
}

/// As [`retry`], on a thread that may block.
pub fn retry_blocking<T, E>(
    backoff: Backoff,
    mut work: impl FnMut() -> Result<T, E>,
    again: impl Fn(&E) -> Option<Again>,
) -> Result<T, E> {
    let mut tries = Tries::new(backoff);
    loop {
        let error = match work() {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        match tries.pause(again(&error)) {
            Some(pause) => thread::sleep(pause),
            None => return Err(error),
        }
    }
}

struct Tries {
    began: Instant,
    pauses: ExponentialBackoff,
}

impl Tries {
    fn new(backoff: Backoff) -> Self {
        Self { began: Instant::now(), pauses: backoff.0.build() }
    }

    /// The pause before the next try, if there is to be one.
    fn pause(&mut self, again: Option<Again>) -> Option<Duration> {
        let Again { deadline, at_least } = again?;
        let pause = self.pauses.next()?.max(at_least);
        (self.began.elapsed() + pause <= deadline).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn pauses_double_up_to_the_longest_and_jitter_adds_as_much_again() {
        let backoff = Backoff::new(100 * MS, 1000 * MS);
        let spans = [100, 200, 400, 800, 1000, 1000];
        let pauses: Vec<u128> = backoff.pauses().take(6).map(|pause| pause.as_millis()).collect();
        assert_eq!(pauses, spans);
        for (pause, span) in backoff.with_jitter().pauses().zip(spans) {
            assert!((span..=2 * span).contains(&pause.as_millis()), "{span}: {pause:?}");
        }
    }

    #[tokio::test]
    async fn the_error_decides_whether_and_how_long_to_try() {
        let tries = async |deadline| {
            let mut tries = 0;
            let done: Result<(), u32> = retry(
                Backoff::new(MS, MS),
                || {
                    tries += 1;
                    ready(Err(tries))
                },
                |tries| {
                    let hours = Duration::from_secs(3600);
                    let at_least = if *tries == 3 { hours } else { Duration::ZERO };
                    Some(Again { deadline, at_least })
                },
            )
            .await;
            done.unwrap_err()
        };
        assert_eq!(tries(Duration::from_secs(60)).await, 3);
        assert_eq!(tries(Duration::ZERO).await, 1);
        let last = retry(Backoff::new(MS, MS), || ready(Err::<(), _>("no")), |_| None).await;
        assert_eq!(last, Err("no"));
    }

    #[test]
    fn a_blocking_try_that_succeeds_ends_it() {
        let mut left = 3;
        let work = || {
            left -= 1;
            if left == 0 { Ok("done") } else { Err(()) }
        };
        let again = |(): &()| Some(Again::within(Duration::from_secs(60)));
        assert_eq!(retry_blocking(Backoff::new(MS, MS), work, again), Ok("done"));
    }
}
