//! Random files: few ids over several of them, so that they often meet.

use std::collections::BTreeSet;

use super::model::Files;

pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % n
    }

    fn ids(&mut self) -> BTreeSet<i64> {
        (0..self.below(12)).map(|_| self.below(20) as i64).collect()
    }

    pub fn files(&mut self) -> Files {
        let mut files = Files::default();
        for file in 0..1 + self.below(3) {
            let ids = self.ids();
            // Now and then of another customer than in other files.
            let mut review = |id| (id, (1 + (id + i64::from(self.below(4) == 0)) % 3, id % 2 == 0));
            let rows = ids.into_iter().map(&mut review).collect();
            files.review(file, rows);
        }
        for file in 0..1 + self.below(4) {
            let ids = self.ids();
            let mut log = |id| {
                let device = ["Mobile", "Tablet"][self.below(2) as usize];
                (id, (1 + self.below(5) as u32, device))
            };
            let rows = ids.into_iter().map(&mut log).collect();
            files.log(file, rows);
        }
        files
    }
}
