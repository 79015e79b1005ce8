//! SplitMix64: random enough, in whole numbers, the same on every machine.

pub struct Rng(u64);

/// What a stream of random numbers is for: changing one leaves the others as they are.
#[derive(Clone, Copy)]
pub enum Stream {
    Sessions = 1,
    Review = 2,
    Log = 3,
    Purchases = 4,
}

impl Rng {
    /// The numbers of one row (or of a whole file, with number 0).
    pub fn new(seed: u64, stream: Stream, number: i64) -> Self {
        let mut rng = Self(seed ^ (stream as u64) << 56);
        let start = rng.next() ^ number as u64;
        Self(Self(start).next())
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number from 0 to `n` - 1; 0 where `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    pub fn in_thousand(&mut self, share: u64) -> bool {
        self.below(1_000) < share
    }

    /// One of the values, of which there must be some.
    pub fn pick<T: Copy>(&mut self, values: &[T]) -> T {
        *self.one(values)
    }

    /// The same, by reference.
    pub fn one<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[self.below(values.len() as u64) as usize]
    }
}
