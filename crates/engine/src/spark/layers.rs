//! Which rows win, told to a cluster that does not know the files of its rows.
//!
//! Of two rows of an id that of the greater path wins, and not every cluster can tell from which
//! file it read a row. But ids mostly ascend from file to file, so the ranges of ids in the
//! receipts show that most files share none. Files are read in layers: no two files of a layer can
//! share an id, and of two files that can, the greater path lies in the greater layer. The layer
//! is the rank of all its rows.

use lake::Receipt;

use crate::ids::{overlap, range_of};

/// The layers of files that come in byte order of their paths, lowest first. Files without rows
/// are left out.
pub fn layers<'a>(files: &[&'a Receipt]) -> Vec<Vec<&'a Receipt>> {
    let mut layers: Vec<Vec<&Receipt>> = Vec::new();
    for file in files {
        let Some(ids) = range_of(file) else { continue };
        let meets = |other: &&Receipt| range_of(other).is_some_and(|range| overlap(&range, &ids));
        let above = layers.iter().rposition(|layer| layer.iter().any(meets)).map_or(0, |at| at + 1);
        match layers.get_mut(above) {
            Some(layer) => layer.push(file),
            None => layers.push(vec![file]),
        }
    }
    layers
}
