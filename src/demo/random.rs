//! Numbers that look random and are the same for a seed, on every machine and for good.

/// A generator of pseudo-random numbers (`SplitMix64`, Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The generator of what stands under `key`: the seed, then whatever tells one thing from another.
    pub fn of(key: &[u64]) -> Self {
        let mut random = Self(0);
        for part in key {
            random.0 = random.next() ^ part.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A whole number from 0 up to and without `end`; 0 when there is none.
    pub fn below(&mut self, end: u32) -> u32 {
        // The upper half of the product is even enough: its error is 2^-32.
        u32::try_from((u128::from(self.next()) * u128::from(end)) >> 64).unwrap_or(0)
    }

    /// A whole number from `first` to `last`, both included.
    pub fn between(&mut self, first: u32, last: u32) -> u32 {
        first + self.below(last.saturating_sub(first) + 1)
    }

    /// True so many times in a hundred.
    pub fn percent(&mut self, times: u32) -> bool {
        self.below(100) < times
    }

    /// One of `items`; the default only of none.
    pub fn one_of<T: Copy + Default>(&mut self, items: &[T]) -> T {
        let place = self.below(u32::try_from(items.len()).unwrap_or(u32::MAX));
        usize::try_from(place).ok().and_then(|place| items.get(place)).copied().unwrap_or_default()
    }

    /// So many digits.
    pub fn digits(&mut self, count: usize) -> String {
        self.marks("0123456789", count)
    }

    /// So many of these characters.
    pub fn marks(&mut self, alphabet: &str, count: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..count).map(|_| self.one_of(&alphabet)).collect()
    }
}
