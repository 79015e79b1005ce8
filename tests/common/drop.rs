//! Vendor files, row by row.

use pipeline::dimensions::{DIMENSIONS, Dimension};

use super::oracle::REVIEW;

/// A file of reviews: customer, text, id.
pub fn reviews(rows: &[(i64, &str, i64)]) -> String {
    let rows = rows.iter().map(|(customer, text, id)| {
        let text = text.replace('"', "\"\"");
        format!("{customer},\"{text}\",{id}\n")
    });
    format!("{}\n{}", REVIEW.join(","), rows.collect::<String>())
}

/// A file of logs: id, day (`2021-04-25`), device.
pub fn logs(rows: &[(i64, &str, &str)]) -> String {
    let rows = rows.iter().map(|(id, day, device)| format!("{id},{}\n", log(day, device, None)));
    format!("id_review,log\n{}", rows.collect::<String>())
}

/// The XML of a log, with any text of other required dimensions.
pub fn log(day: &str, device: &str, browser: Option<&str>) -> String {
    let (year, month_and_day) = day.split_once('-').expect("yyyy-mm-dd");
    let mut elements = String::new();
    for Dimension { name, element, is_required, label, .. } in &DIMENSIONS {
        let text = match *name {
            "device" => Some(device),
            "location" => Some("Kansas"),
            "os" => Some("Linux"),
            "browser" => browser,
            _ => is_required.then_some(*label),
        };
        elements.extend(text.map(|text| format!("<{element}>{text}</{element}>")));
    }
    format!(
        "<reviewlog><log><logDate>{month_and_day}-{year}</logDate>{elements}<ipAddress>\
         9.200.232.57</ipAddress><phoneNumber>821-540-5777</phoneNumber></log></reviewlog>"
    )
}

/// A file of purchases: customer as it is written, quantity, price.
pub fn purchases(rows: &[(&str, i64, &str)]) -> String {
    let rows = rows.iter().map(|(customer, quantity, price)| {
        format!("536365,85123A,LANTERN,{quantity},12/1/2010 8:26,{price},{customer},EIRE\n")
    });
    let header =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";
    format!("{header}\n{}", rows.collect::<String>())
}
