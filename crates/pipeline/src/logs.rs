#[derive(Clone, Debug, Default)]
pub struct Pii;
impl Pii { pub fn recipe(&self) -> String { String::new() } }
#[derive(Default)] pub struct Logs;
impl Logs { pub fn new(_: Pii) -> Self { Self } }
