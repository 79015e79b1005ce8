//! The process that started this one. A host that is killed cannot stop its handler, which would
//! go on without anybody who calls it.

use std::time::Duration;

/// Time between two looks. A look is one system call.
const INTERVAL: Duration = Duration::from_millis(500);

/// Becomes ready when the process that started this one is gone.
///
/// Not by `PR_SET_PDEATHSIG`: that follows the thread that forked, so the end of a thread of a
/// healthy host would kill the handler.
#[cfg(unix)]
pub(crate) async fn gone() {
    use std::os::unix::process::parent_id;
    let parent = parent_id();
    while parent_id() == parent {
        tokio::time::sleep(INTERVAL).await;
    }
}

#[cfg(not(unix))]
pub(crate) async fn gone() {
    std::future::pending().await
}
