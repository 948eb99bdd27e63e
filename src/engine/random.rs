//! The seeded stream behind `States.UUID`, `$random`, jitter and task tokens.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

use crate::query::Random;

/// The same seed gives the same numbers on every platform.
#[derive(Clone, Debug)]
pub struct SeededRandom(ChaCha8Rng);

impl SeededRandom {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }
}

impl Random for SeededRandom {
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}
