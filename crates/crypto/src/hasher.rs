//! Hashing for look-up.

use handoff_domain::connection::ports::SecretHasher;
use ring::digest::{SHA256, digest};

/// Hashes with SHA-256 (FIPS 180-4).
///
/// Fit for secrets of at least 128 random bits, which need neither salt nor stretching; not for passwords.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sha256Hasher;

impl SecretHasher for Sha256Hasher {
    fn hash(&self, secret: &str) -> [u8; 32] {
        let mut hash = [0; 32];
        let digest = digest(&SHA256, secret.as_bytes());
        // Both sides have 32 bytes; zip needs no fallible conversion to say so.
        for (to, from) in hash.iter_mut().zip(digest.as_ref()) {
            *to = *from;
        }
        hash
    }
}
