//! Vendor files of any bytes, in chunks of any size: every record is staged or refused, and
//! the chunks make no difference.

use pipeline::{Dataset, FileRefusal, Limits, Options, Tally, parser};

fn read(dataset: Dataset, bytes: &[u8], chunk: usize) -> Result<Tally, FileRefusal> {
    let limits = Limits { field: 64, line: 256, batch_rows: 4, ..Limits::default() };
    let mut parser = parser(dataset, &Options { limits, ..Options::default() });
    bytes.chunks(chunk).try_for_each(|bytes| parser.push(bytes))?;
    parser.finish()?;
    let staged: usize = std::iter::from_fn(|| parser.take_rows()).map(|b| b.num_rows()).sum();
    let refused: usize = std::iter::from_fn(|| parser.take_refused()).map(|b| b.num_rows()).sum();
    let tally = parser.tally().clone();
    assert_eq!((tally.rows_out, tally.rows_refused), (staged as u64, refused as u64));
    assert_eq!(tally.rows_in, tally.rows_out + tally.rows_refused);
    assert_eq!(tally.refused.values().sum::<u64>(), tally.rows_refused);
    Ok(tally)
}

/// The first byte chooses the dataset, the chunks, and whether a header goes before the rest.
pub fn check(data: &[u8]) {
    let Some((first, bytes)) = data.split_first() else { return };
    let dataset = Dataset::ALL[*first as usize % 3];
    let header: &[u8] = match dataset {
        Dataset::ClassifiedMovieReview => b"cid,review_str,id_review\n",
        Dataset::ReviewLogs => b"id_review,log\n",
        Dataset::UserPurchase => {
            b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        }
    };
    // With a header of ours the rows are reached, without one the header's own rules.
    let bytes = if first & 0x80 == 0 { [header, bytes].concat() } else { bytes.to_vec() };
    let whole = read(dataset, &bytes, usize::MAX);
    let chunks = read(dataset, &bytes, 1 + (*first as usize >> 2) % 31);
    assert_eq!(whole, chunks);
}
