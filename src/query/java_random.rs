//! `java.util.Random`, which is what Step Functions runs behind a seed: `$random(42)` is 0.7275636800328681 on AWS.
//!
//! The generator is the 48-bit linear congruential one that Java's documentation specifies.

const MULTIPLIER: u64 = 0x5_DEEC_E66D;
const MASK: u64 = (1 << 48) - 1;

pub(super) struct JavaRandom {
    /// Always below 2^48.
    state: u64,
}

impl JavaRandom {
    pub(super) fn new(seed: i64) -> Self {
        Self { state: (seed.cast_unsigned() ^ MULTIPLIER) & MASK }
    }

    /// The next `bits` (32 at most) random bits.
    fn next(&mut self, bits: u32) -> u32 {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(0xB) & MASK;
        u32::try_from(self.state >> (48 - bits)).unwrap_or(u32::MAX)
    }

    /// Uniform in 0..1, with 53 bits.
    pub(super) fn next_double(&mut self) -> f64 {
        let high = u64::from(self.next(26)) << 27;
        let low = u64::from(self.next(27));
        (high + low) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in `0..bound` for a bound that fits Java's int, as `nextInt(bound)`; scaled from a double beyond that.
    pub(super) fn next_below(&mut self, bound: u64) -> u64 {
        let Ok(bound) = u32::try_from(bound).map(|bound| bound.min(i32::MAX as u32)) else {
            return (self.next_double() * bound as f64) as u64;
        };
        if bound <= 1 {
            return 0;
        }
        if bound.is_power_of_two() {
            return (u64::from(bound) * u64::from(self.next(31))) >> 31;
        }
        loop {
            let bits = self.next(31);
            let value = bits % bound;
            // Java throws away the last, incomplete run of values, seen there as an integer overflow.
            if bits - value <= i32::MAX as u32 - (bound - 1) {
                return u64::from(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_javas_numbers() {
        assert_eq!(JavaRandom::new(42).next_double(), 0.727_563_680_032_868_1);
        // `new java.util.Random(42).nextInt(10)` is 0, then 3.
        let mut random = JavaRandom::new(42);
        assert_eq!([random.next_below(10), random.next_below(10)], [0, 3]);
    }

    #[test]
    fn every_bound_is_kept() {
        let mut random = JavaRandom::new(-7);
        for bound in [1, 2, 3, 1 << 30, i32::MAX as u64, u64::from(u32::MAX), 1 << 40] {
            assert!((0..100).all(|_| random.next_below(bound) < bound), "{bound}");
        }
    }
}
