//! Sealing and opening.

use handoff_domain::connection::model::SealedSecret;
use handoff_domain::connection::ports::{SealContext, SealError, SecretSealer};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};

use crate::cipher::NONCE_LEN;
use crate::envelope::{Envelope, associated_data};
use crate::key_ring::KeyRing;

/// Seals with the first key of a ring and opens with any of them.
#[derive(Debug)]
pub struct RingSealer {
    keys: KeyRing,
    random: SystemRandom,
}

impl RingSealer {
    /// Makes a sealer of a ring.
    #[must_use]
    pub fn new(keys: KeyRing) -> Self {
        Self {
            keys,
            random: SystemRandom::new(),
        }
    }

    /// The ids of the keys, the writing one first.
    #[must_use]
    pub fn key_ids(&self) -> Vec<&str> {
        self.keys.key_ids()
    }
}

impl SecretSealer for RingSealer {
    fn seal(&self, secret: &SecretString, context: SealContext) -> Result<SealedSecret, SealError> {
        let key = self.keys.writing();
        let mut nonce = [0; NONCE_LEN];
        self.random
            .fill(&mut nonce)
            .map_err(|_| SealError::Sealing)?;
        let sealed = key
            .cipher
            .seal(
                nonce,
                &associated_data(&key.id, context),
                secret.expose_secret().as_bytes(),
            )
            .map_err(|_| SealError::Sealing)?;
        let envelope = Envelope {
            key_id: &key.id,
            nonce,
            ciphertext_and_tag: &sealed,
        };
        envelope
            .to_bytes()
            .map(SealedSecret::from_bytes)
            .ok_or(SealError::Sealing)
    }

    fn open(&self, sealed: &SealedSecret, context: SealContext) -> Result<SecretString, SealError> {
        let envelope = Envelope::parse(sealed.as_bytes()).ok_or(SealError::Damaged)?;
        let key = self
            .keys
            .find(envelope.key_id)
            .ok_or_else(|| SealError::UnknownKey {
                key_id: envelope.key_id.to_owned(),
            })?;
        let associated_data = associated_data(&key.id, context);
        let opened = key
            .cipher
            .open(
                envelope.nonce,
                &associated_data,
                envelope.ciphertext_and_tag,
            )
            .map_err(|_| SealError::Damaged)?;
        let text = str::from_utf8(&opened).map_err(|_| SealError::Damaged)?;
        Ok(SecretString::from(text))
    }

    fn key_of<'a>(&self, sealed: &'a SealedSecret) -> Result<&'a str, SealError> {
        sealing_key_id(sealed)
    }

    fn writing_key(&self) -> &str {
        &self.keys.writing().id
    }
}

/// The id of the key that an envelope names, without opening it; for rotating keys.
///
/// # Errors
/// [`SealError::Damaged`] when it is no envelope.
pub fn sealing_key_id(sealed: &SealedSecret) -> Result<&str, SealError> {
    Envelope::parse(sealed.as_bytes())
        .map(|envelope| envelope.key_id)
        .ok_or(SealError::Damaged)
}
