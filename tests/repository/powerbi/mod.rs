//! `powerbi/` held against what it reads: each column of the model against the DDL of the
//! warehouse, each field of a visual against the model, and the measures against the golden numbers
//! of the demo. Nothing here runs Power BI: it does not render the page, and DAX is read by `dax`,
//! which knows the forms that the measures have, and turned into SQL.

mod dax;
pub mod ddl;
mod dimensions;
mod model;
mod numbers;
mod report;
pub mod tmdl;
