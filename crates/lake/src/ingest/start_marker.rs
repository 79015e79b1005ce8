//! Start markers prove that earlier deliveries of a message died.
//!
//! From its second delivery on, a worker puts a marker before the work and removes it however the
//! work ends. So a marker of an earlier delivery means that its process died: an error that was
//! reported leaves none. A first delivery has no marker, and costs no request.

use futures_util::TryStreamExt;
use object_store::{ObjectMeta, ObjectStoreExt, path::Path};
use tokio::{runtime::Handle, sync::OwnedMutexGuard};
use twox_hash::XxHash3_128;

use super::{job::Job, options::Delivery};
use crate::{
    Error, Lake,
    failpoint::{applies, reach},
    paths, store,
};

/// Deliveries that died one after the other, proven by their markers, after which the message is
/// given up. A queue that delivers a message five times comes to it at the fifth.
const MOST_DEATHS: u32 = 3;

/// What the markers say.
pub(super) enum Start {
    /// Work can begin. `None`: a first delivery, or none at all.
    Begun(Option<StartMarker>),
    /// The earlier deliveries died; these are their markers.
    Fatal(Vec<Path>),
}

/// Our own marker, and those of earlier deliveries of the message.
pub(super) struct StartMarker {
    lake: Lake,
    own: Path,
    earlier: Vec<Path>,
    removed: bool,
    /// Where an earlier delivery died: no other such version is read meanwhile.
    _alone: Option<OwnedMutexGuard<()>>,
}

impl Job<'_> {
    /// Looks at the markers of this message and puts one for this delivery.
    pub(super) async fn start(&self, version: &ObjectMeta) -> Result<Start, Error> {
        let Some(Delivery { message, number }) = &self.options.delivery else {
            return Ok(Start::Begun(None));
        };
        if *number <= 1 {
            return Ok(Start::Begun(None));
        }
        let message = XxHash3_128::oneshot(message);
        let folder = paths::start_markers(self.dataset, self.path, message)?;
        let version = format!("{} {}", store::etag(version), self.recipe);
        let version = XxHash3_128::oneshot(version.as_bytes());
        let listed = self.lake.staging().list(Some(&folder)).map_ok(|meta| meta.location);
        let earlier: Vec<Path> =
            listed.try_collect().await.map_err(Error::store("list", &folder))?;
        let died = |delivery: u32| {
            let name = format!("{delivery}-{version:032x}-");
            // This process lives, so its own marker only could not be removed.
            earlier.iter().filter_map(Path::filename).any(|file| {
                file.strip_prefix(&name).is_some_and(|process| process != self.lake.process())
            })
        };
        if (1..=MOST_DEATHS).all(|back| *number > back && died(number - back)) {
            return Ok(Start::Fatal(earlier));
        }
        // It killed the process, or only died with one that did. One at a time: a delivery that waits
        // has no marker, so a death of the one that is read counts for that one alone.
        let alone = match earlier.is_empty() {
            true => None,
            false => Some(self.lake.suspect().lock_owned().await),
        };
        let own = folder.join(format!("{number}-{version:032x}-{}", self.lake.process()));
        reach("start:before")?;
        let marker =
            StartMarker { lake: self.lake.clone(), own, earlier, removed: false, _alone: alone };
        let put = self.lake.staging().put(&marker.own, Vec::new().into()).await;
        if let Err(error) = put {
            // It may be there all the same.
            let name = marker.own.clone();
            marker.remove(false).await;
            return Err(Error::store("write", name)(error));
        }
        Ok(Start::Begun(Some(marker)))
    }
}

impl StartMarker {
    /// The work has ended, with a decision about the version or with an error.
    pub(super) async fn remove(mut self, decided: bool) {
        self.removed = true;
        if !decided && !applies("errors are no deaths") {
            return;
        }
        remove(&self.lake, std::slice::from_ref(&self.own)).await;
        if decided {
            remove(&self.lake, &self.earlier).await;
        }
    }
}

/// A worker that is cancelled lives on.
impl Drop for StartMarker {
    fn drop(&mut self) {
        let Some(runtime) = (!self.removed).then(Handle::try_current).and_then(Result::ok) else {
            return;
        };
        let (lake, own) = (self.lake.clone(), self.own.clone());
        runtime.spawn(async move { remove(&lake, &[own]).await });
    }
}

/// Deletes markers as far as the store lets us; the sweep deletes the rest.
pub(super) async fn remove(lake: &Lake, markers: &[Path]) {
    for marker in markers {
        lake.discard(lake.staging(), marker.as_ref()).await;
    }
}
