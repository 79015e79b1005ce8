//! Purchases: both headers, exact decimals, returns and blanks.

use crate::common::read;
use arrow_array::{
    cast::AsArray,
    types::{Decimal128Type, Int32Type, Int64Type, TimestampMicrosecondType},
};
use pipeline::{
    Dataset::UserPurchase as PURCHASES,
    facts::{Direction, Spend, SpendChange},
};

const HEADER: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

#[test]
fn values_are_exact_whatever_the_header_is_called() {
    let rows = "536365,85123A,\"WHITE, \"\"HEART\"\"\",6,12/1/2010 8:26,2.55,17850.0,United Kingdom\n\
                C536379,D,,-1,2010-12-01 09:41:00,27.500,,\n\
                A563185,B,Adjust bad debt,1,8/12/2011 14:50,-11062.06,14527,France\n";
    let snake =
        "invoice_number,stock_code,detail,quantity,invoice_date,unit_price,customer_id,country\n";
    for header in [HEADER, snake] {
        let read = read(PURCHASES, format!("{header}{rows}")).unwrap();
        assert_eq!(read.refused, []);
        let batch = &read.rows[0];
        assert_eq!(batch["quantity"].as_primitive::<Int32Type>().values(), &[6, -1, 1]);
        let price = batch["unit_price"].as_primitive::<Decimal128Type>();
        assert_eq!(price.values(), &[2_550, 27_500, -11_062_060]);
        assert_eq!((price.precision(), price.scale()), (12, 3));
        let customer = batch["customer_id"].as_primitive::<Int64Type>();
        assert_eq!(customer.iter().collect::<Vec<_>>(), [Some(17_850), None, Some(14_527)]);
        assert_eq!(batch["detail"].as_string::<i32>().value(0), "WHITE, \"HEART\"");
        let at = batch["invoice_date"].as_primitive::<TimestampMicrosecondType>().values();
        assert_eq!(at[0], 1_291_191_960_000_000);
    }
}

#[test]
fn each_refused_purchase_names_its_column() {
    let good = ["1", "A", "x", "6", "12/1/2010 8:26", "2.55", "17850", "France"];
    let cases = [
        (3, "6.5", "not_an_integer", "Quantity"),
        (3, "NULL", "not_an_integer", "Quantity"),
        (3, "", "missing_value", "Quantity"),
        (3, "3000000000", "out_of_range", "Quantity"),
        (4, "31/12/2010 8:26", "bad_date", "InvoiceDate"),
        (4, "", "missing_value", "InvoiceDate"),
        (5, "1.2345", "out_of_range", "UnitPrice"),
        (5, "two", "bad_number", "UnitPrice"),
        (6, "17850.5", "not_an_integer", "CustomerID"),
    ];
    // One date that fits only month first, so that the file is no day-first one.
    let mut text = format!("{HEADER}1,A,x,6,12/31/2010 8:26,2.55,17850,France\n");
    for (column, value, _, _) in cases {
        let mut row = good;
        row[column] = value;
        text += &format!("{}\n", row.join(","));
    }
    text += "1,A,x,2000000000,12/1/2010 8:26,999999999,17850,France\n";
    let read = read(PURCHASES, text).unwrap();
    let found: Vec<(&str, &str)> = read.refused.iter().map(|r| (&*r.1, &*r.2)).collect();
    let mut expected: Vec<(&str, &str)> = cases.iter().map(|case| (case.2, case.3)).collect();
    expected.push(("out_of_range", "UnitPrice"));
    assert_eq!(found, expected);
}

#[test]
fn spend_is_the_exact_sum_of_what_comes_minus_what_goes() {
    let batch = |rows: &str| read(PURCHASES, format!("{HEADER}{rows}")).unwrap().rows.remove(0);
    let old = batch(
        "1,A,x,2,12/1/2010 8:26,0.1,1,F\n1,A,x,5,12/1/2010 8:26,1,2,F\n1,A,x,1,12/1/2010 8:26,7,,F\n",
    );
    let new = batch(
        "1,A,x,3,12/1/2010 8:26,0.1,1,F\n1,A,x,5,12/1/2010 8:26,1,2,F\n1,A,x,-1,12/1/2010 8:26,2.5,3,F\n",
    );
    let mut spend = Spend::default();
    spend.push(&old, Direction::Out);
    spend.push(&new, Direction::In);
    let change =
        |customer, amount_milli, purchases| SpendChange { customer, amount_milli, purchases };
    assert_eq!(spend.changes(), [change(1, 100, 0), change(3, -2_500, 1)]);
    let mut removed = Spend::default();
    removed.push(&new, Direction::Out);
    let expected = [change(1, -300, -1), change(2, -5_000, -1), change(3, 2_500, -1)];
    assert_eq!(removed.changes(), expected);
}
