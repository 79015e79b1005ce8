//! The parser of each dataset.

use crate::{
    Dataset, FileParser, Limits, csv::CsvParser, logs::Logs, logs::Pii, purchases,
    purchases::Purchases, reviews::Reviews, versions,
};

/// What a parser needs besides the bytes.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How long, deep and faulty a file may be.
    pub limits: Limits,
    /// What becomes of IP addresses and telephone numbers in logs.
    pub pii: Pii,
    /// What purchases must fit into.
    pub purchases: purchases::Columns,
}

/// The parser of a dataset's vendor files.
pub fn parser(dataset: Dataset, options: &Options) -> Box<dyn FileParser> {
    let limits = options.limits;
    match dataset {
        Dataset::ClassifiedMovieReview => Box::new(CsvParser::new(Reviews::default(), limits)),
        Dataset::ReviewLogs => {
            let logs = Logs::new(options.pii.clone(), limits.xml_depth);
            Box::new(CsvParser::new(logs, limits))
        }
        Dataset::UserPurchase => {
            Box::new(CsvParser::new(Purchases::new(options.purchases), limits))
        }
    }
}

/// Names the rules by which bytes become rows.
pub fn version(dataset: Dataset, options: &Options) -> String {
    let (parser, classifier) = (versions::PARSER.0, versions::CLASSIFIER.0);
    match dataset {
        Dataset::ClassifiedMovieReview => format!("{parser} {classifier}"),
        Dataset::ReviewLogs => format!("{parser} pii-{}", options.pii.version()),
        Dataset::UserPurchase => format!("{parser}{}", options.purchases.version()),
    }
}
