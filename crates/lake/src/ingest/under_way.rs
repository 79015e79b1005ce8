//! A version that this process reads already is not read a second time for a duplicate event.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

/// Path, ETag, parser version, and whether a request to reprocess asks for it.
type Version = (String, String, String, bool);

/// The versions that this process reads now.
#[derive(Clone, Default)]
pub(crate) struct UnderWay(Arc<Mutex<HashSet<Version>>>);

/// Ends the claim when dropped.
pub(super) struct Claim {
    under_way: UnderWay,
    version: Version,
}

impl UnderWay {
    /// Claims the version, unless other work of this process has it.
    pub(super) fn claim(&self, version: Version) -> Option<Claim> {
        let is_new = self.lock().insert(version.clone());
        is_new.then(|| Claim { under_way: self.clone(), version })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<Version>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.under_way.lock().remove(&self.version);
    }
}
