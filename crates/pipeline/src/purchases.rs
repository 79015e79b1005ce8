#[derive(Default)] pub struct Purchases;
