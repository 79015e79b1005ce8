//! What vendors may send: the columns of each dataset, and which dataset a header is of.

use crate::{
    Dataset,
    csv::{Column, Form, Rows},
    dimensions::DIMENSIONS,
    logs::{IP_ADDRESS, LOG_DATE, Logs, PHONE_NUMBER},
    purchases::Purchases,
    reviews::Reviews,
};

/// The columns that a file of a dataset must have, in no order.
pub const fn columns(dataset: Dataset) -> &'static [Column] {
    match dataset {
        Dataset::ClassifiedMovieReview => Reviews::COLUMNS,
        Dataset::ReviewLogs => Logs::COLUMNS,
        Dataset::UserPurchase => Purchases::COLUMNS,
    }
}

/// An element below `<log>`.
#[derive(Clone, Copy, Debug)]
pub struct LogElement {
    /// In small and capital letters as vendors must write it.
    pub name: &'static str,
    /// What stands in it.
    pub form: Form,
    /// Whether a log without it is refused.
    pub is_required: bool,
}

/// The elements below `<log>` that are read, in no order.
pub fn log_elements() -> impl Iterator<Item = LogElement> {
    let date = LogElement { name: LOG_DATE.name(), form: Form::Date, is_required: true };
    let members = DIMENSIONS.iter().map(|dimension| LogElement {
        name: dimension.element,
        form: Form::Member,
        is_required: dimension.is_required,
    });
    let personal = [IP_ADDRESS, PHONE_NUMBER];
    let personal = personal.into_iter().map(|element| LogElement {
        name: element.name(),
        form: Form::Text,
        is_required: false,
    });
    [date].into_iter().chain(members).chain(personal)
}

/// The dataset that a header is of: the one that has the greatest part of its columns in it,
/// whatever separates the names. `None` where it has no column of any dataset.
pub fn of_header(line: &str) -> Option<Dataset> {
    let names: Vec<&str> = line
        .split([',', ';', '\t', '|'])
        .map(|name| name.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\u{feff}'))
        .collect();
    let is_there = |column: &&Column| {
        names.iter().any(|name| column.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name)))
    };
    let part = |dataset: Dataset| {
        let all = columns(dataset);
        all.iter().filter(is_there).count() * 100 / all.len()
    };
    Dataset::ALL.into_iter().filter(|dataset| part(*dataset) > 0).max_by_key(|of| part(*of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_names_the_dataset_also_where_it_is_incomplete() {
        for (header, dataset) in [
            ("cid,review_str,id_review", Some(Dataset::ClassifiedMovieReview)),
            ("\u{feff}\"ID_REVIEW\";\"log\"\r", Some(Dataset::ReviewLogs)),
            ("log,id_review,extra", Some(Dataset::ReviewLogs)),
            ("Invoice\tStockCode\tPrice", Some(Dataset::UserPurchase)),
            ("cid,id_review", Some(Dataset::ClassifiedMovieReview)),
            ("a,b,c", None),
            ("", None),
        ] {
            assert_eq!(of_header(header), dataset, "{header:?}");
        }
    }
}
