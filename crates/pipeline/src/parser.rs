//! The parser of each dataset.

use crate::{
    Dataset, Dates, FileParser, Limits,
    csv::CsvParser,
    logs::{Browsers, Logs, Pii, PiiTexts},
    purchases::{self, DateOrder, Purchases},
    reviews::Reviews,
    versions,
};

/// What a parser needs besides the bytes.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How long, deep and faulty a file may be.
    pub limits: Limits,
    /// What becomes of IP addresses and telephone numbers in logs.
    pub pii: Pii,
    /// What becomes of texts of dimensions that hold such data.
    pub pii_texts: PiiTexts,
    /// What purchases must fit into.
    pub purchases: purchases::Columns,
    /// Which days of logs and purchases are plausible.
    pub dates: Dates,
    /// Whether day or month comes first in dates of purchases with slashes.
    pub date_order: DateOrder,
    /// Browsers of logs that name none.
    pub browsers: Browsers,
}

/// The parser of a dataset's vendor files.
pub fn parser(dataset: Dataset, options: &Options) -> Box<dyn FileParser> {
    let (limits, dates) = (options.limits, options.dates);
    match dataset {
        Dataset::ClassifiedMovieReview => Box::new(CsvParser::new(Reviews::default(), limits)),
        Dataset::ReviewLogs => {
            let (pii, browsers) = (options.pii.clone(), options.browsers.clone());
            Box::new(CsvParser::new(
                Logs::new(pii, options.pii_texts, browsers, dates, limits.xml_depth),
                limits,
            ))
        }
        Dataset::UserPurchase => {
            let purchases = Purchases::new(options.purchases, options.date_order, dates);
            Box::new(CsvParser::new(purchases, limits))
        }
    }
}

/// Names the rules by which bytes become rows.
pub fn version(dataset: Dataset, options: &Options) -> String {
    let (parser, classifier) = (versions::PARSER.0, versions::CLASSIFIER.0);
    let dates = options.dates.version();
    match dataset {
        Dataset::ClassifiedMovieReview => format!("{parser} {classifier}"),
        Dataset::ReviewLogs => {
            let (pii, browsers) = (options.pii.version(), options.browsers.version());
            let texts = options.pii_texts.name();
            format!("{parser} pii-{pii} texts-{texts} {dates}{browsers}")
        }
        Dataset::UserPurchase => {
            let (columns, order) = (options.purchases.version(), options.date_order.name());
            format!("{parser}{columns} {dates} {order}")
        }
    }
}

/// Of the rules that a [`version`] names, those by which personal data are protected: none but for logs.
pub fn protection(version: &str) -> impl Iterator<Item = &str> {
    version.split(' ').filter(|word| word.starts_with("pii-") || word.starts_with("texts-"))
}
