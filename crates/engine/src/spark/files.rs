//! Staged files as relations: the rows that count, or all rows.
//!
//! Of two rows of an id that of the greater path counts, and not every cluster shows from which
//! file it read a row. But ids mostly ascend from file to file, so the ranges of ids in the
//! receipts show that most files share none. Files are read in layers: no two files of a layer can
//! share an id, and of two files that can, the greater path lies in the greater layer. The layer
//! is the rank of all its rows.

use arrow_array::{Int32Array, RecordBatch, StringArray};
use lake::Receipt;
use spark_connect_proto::Relation;

use super::{RANKED, ROW_COUNT, Spark, array, columns, plan};
use crate::Error;

/// Layers that are read one by one. With more of them, the names of the files give the ranks where
/// the cluster shows these: Spark and Databricks do, Sail does not.
const LAYERS: usize = 8;

impl Spark {
    fn paths<'a>(&self, files: impl IntoIterator<Item = &'a Receipt>) -> Vec<String> {
        let parquet = files.into_iter().filter_map(|file| file.parquet.as_deref());
        parquet.map(|parquet| self.place.path(parquet)).collect()
    }

    /// All rows of some files; `None` where they have none.
    pub(super) fn rows_of<'a>(
        &self,
        files: impl IntoIterator<Item = &'a Receipt>,
        columns: plan::Columns,
    ) -> Option<Relation> {
        self.paths_with_rows(files).map(|paths| plan::select(plan::parquet(paths), columns))
    }

    /// As [`rows_of`](Self::rows_of), all of them with this rank.
    pub(super) fn ranked_rows_of<'a>(
        &self,
        files: impl IntoIterator<Item = &'a Receipt>,
        columns: plan::Columns,
        rank: i32,
    ) -> Option<Relation> {
        let paths = self.paths_with_rows(files)?;
        Some(plan::select_ranked(plan::parquet(paths), columns, rank))
    }

    fn paths_with_rows<'a>(
        &self,
        files: impl IntoIterator<Item = &'a Receipt>,
    ) -> Option<Vec<String>> {
        let paths = self.paths(files.into_iter().filter(|file| file.rows.staged > 0));
        (!paths.is_empty()).then_some(paths)
    }

    /// The row of each id that counts: that of the greatest path. The files come in byte order of
    /// their paths, and `statement` chooses among them; `None` where they have no row.
    pub(super) async fn winners(
        &self,
        files: &[&Receipt],
        columns: plan::Columns,
        statement: &str,
    ) -> Result<Option<Relation>, Error> {
        let layers = layers(files);
        let ranked = match layers.as_slice() {
            [] => return Ok(None),
            [alone] => return Ok(self.rows_of(alone.iter().copied(), columns)),
            many if many.len() > LAYERS && self.names_files(files[0]).await? => {
                Some(self.ranked_by_name(files, columns)?)
            }
            layers => {
                let ranked = layers.iter().zip(0..).filter_map(|(layer, rank)| {
                    self.ranked_rows_of(layer.iter().copied(), columns, rank)
                });
                plan::union(ranked.collect())
            }
        };
        Ok(ranked.map(|ranked| plan::sql(statement, [("files", ranked)])))
    }

    /// Whether the cluster shows the names of files; it is asked once.
    async fn names_files(&self, any: &Receipt) -> Result<bool, Error> {
        let asked = self.names_files.get_or_try_init(|| async {
            let named = plan::select_named(plan::parquet(self.paths([any])), &[]);
            let count = plan::sql(ROW_COUNT, [("files", named)]);
            match self.cluster.ask("looked for the names of files", count, |_| Ok(())).await {
                Ok(()) => Ok(true),
                Err(Error::Query { .. }) => Ok(false),
                Err(error) => Err(error),
            }
        });
        asked.await.copied()
    }

    fn ranked_by_name(
        &self,
        files: &[&Receipt],
        columns: plan::Columns,
    ) -> Result<Relation, Error> {
        let name = |file: &&Receipt| {
            let parquet = file.parquet.as_deref().unwrap_or_default();
            parquet.rsplit('/').next().unwrap_or_default().to_owned()
        };
        let names = StringArray::from_iter_values(files.iter().map(name));
        let ranks = Int32Array::from_iter_values(0..files.len() as i32);
        let columns_of_ranks = [("file", array(names)), ("rank", array(ranks))];
        let ranks = RecordBatch::try_from_iter(columns_of_ranks);
        let ranks = ranks.and_then(|batch| plan::rows(&batch)).map_err(|e| self.unsent(e))?;
        let read = plan::parquet(self.paths(files.iter().copied()));
        let files = plan::select_named(read, columns);
        Ok(plan::sql(RANKED, [("files", files), ("ranks", ranks)]))
    }

    /// Makes sure that the cluster finds the rows that the receipts promise. A path that it finds
    /// nothing under is an error for one cluster and no row for another.
    pub(super) async fn verify(&self, files: &[&Receipt]) -> Result<(), Error> {
        let Some(first) = files.first() else { return Ok(()) };
        let staged = super::staged(files.iter().copied());
        let Some(paths) = self.paths_with_rows(files.iter().copied()) else { return Ok(()) };
        let count = plan::sql(ROW_COUNT, [("files", plan::parquet(paths))]);
        let mut found = 0;
        self.cluster
            .ask("counted rows", count, |batch| {
                if batch.num_rows() > 0 {
                    let count = columns::number(batch, "row_count");
                    found = count.map_err(|wrong| self.answer(wrong))? as u64;
                }
                Ok(())
            })
            .await?;
        match found == staged {
            true => Ok(()),
            false => Err(Error::OtherRows {
                cluster: self.cluster.address.to_string(),
                dataset: first.dataset.name(),
                files: files.len(),
                found,
                staged,
            }),
        }
    }
}

/// The layers of files that come in byte order of their paths, lowest first. Files without rows
/// are left out.
fn layers<'a>(files: &[&'a Receipt]) -> Vec<Vec<&'a Receipt>> {
    let mut layers: Vec<Vec<&Receipt>> = Vec::new();
    for file in files {
        let ids = file.ids();
        if ids.is_empty() {
            continue;
        }
        let meets = |other: &&Receipt| other.ids().meets(&ids);
        let above = layers.iter().rposition(|layer| layer.iter().any(meets)).map_or(0, |at| at + 1);
        match layers.get_mut(above) {
            Some(layer) => layer.push(file),
            None => layers.push(vec![file]),
        }
    }
    layers
}
