#![doc = include_str!("../README.md")]

mod cipher;
mod envelope;
mod hasher;
mod key_ring;
mod randomness;
mod sealer;

pub use hasher::Sha256Hasher;
pub use key_ring::{KeyRing, KeyRingError};
pub use randomness::{RandomnessError, RingRandomness};
pub use sealer::{RingSealer, sealing_key_id};
