#[derive(Default)] pub struct Reviews;
