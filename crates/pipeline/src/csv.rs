use std::sync::Arc;
use crate::parser::*;
pub struct CsvParser<R>(R);
impl<R> CsvParser<R> { pub fn new(r: R, _: Limits) -> Self { Self(r) } }
pub fn refused_schema() -> Arc<arrow_schema::Schema> { todo!() }
impl<R: Send> FileParser for CsvParser<R> {
    fn schema(&self) -> Arc<arrow_schema::Schema> { todo!() }
    fn space(&mut self) -> &mut [u8] { todo!() }
    fn filled(&mut self, _n: usize) -> Result<(), crate::FileRefusal> { todo!() }
    fn finish(&mut self) -> Result<(), crate::FileRefusal> { todo!() }
    fn take_rows(&mut self) -> Option<arrow_array::RecordBatch> { todo!() }
    fn take_refused(&mut self) -> Option<arrow_array::RecordBatch> { todo!() }
    fn tally(&self) -> &Tally { todo!() }
}
