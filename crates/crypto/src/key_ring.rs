//! The keys that secrets are sealed with.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::SecretString;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::cipher::{Cipher, KEY_LEN};
use crate::envelope::is_key_id;

/// What is wrong with a list of keys; names places in the list, never what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeyRingError {
    /// The list is empty.
    #[error("no encryption key is given; expected `id:base64`, several separated by commas")]
    Empty,
    /// An entry has no colon.
    #[error("encryption key {position} is not of the form `id:base64`")]
    Malformed {
        /// Which entry, from 1.
        position: usize,
    },
    /// The id of an entry is not an id.
    #[error("the id of encryption key {position} is not 1 to 32 characters of A-Z a-z 0-9 _ -")]
    InvalidId {
        /// Which entry, from 1.
        position: usize,
    },
    /// The key of an entry is not base64.
    #[error("encryption key {position} is not base64")]
    NotBase64 {
        /// Which entry, from 1.
        position: usize,
    },
    /// The key of an entry has another length than 32 bytes.
    #[error("encryption key {position} does not have 32 bytes")]
    WrongLength {
        /// Which entry, from 1.
        position: usize,
    },
    /// An entry has the id of an earlier one.
    #[error("encryption key {position} has the id of an earlier one")]
    DuplicateId {
        /// Which entry, from 1.
        position: usize,
    },
    /// The operating system gives no random bytes for a new key.
    #[error("the operating system gives no random bytes")]
    Randomness,
}

/// The keys that can open secrets, the first of which also seals.
///
/// A new key is added last until every process has it, and then moved first. The text it was read from is the caller's to
/// wipe; ring keeps the expanded keys until the ring is dropped.
pub struct KeyRing {
    writing: NamedCipher,
    reading: Vec<NamedCipher>,
}

/// A cipher and the id that envelopes know it by.
pub(crate) struct NamedCipher {
    pub(crate) id: String,
    pub(crate) cipher: Cipher,
}

impl KeyRing {
    /// Reads `id:base64`, several separated by commas; spaces and line ends around entries do not matter.
    ///
    /// Ids are 1 to 32 characters of `A-Z a-z 0-9 _ -` and occur once; keys are 32 bytes in standard base64 with padding,
    /// as `openssl rand -base64 32` prints them.
    ///
    /// # Errors
    /// Each [`KeyRingError`] but `Randomness`; none shows any part of the text.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        if text.trim().is_empty() {
            return Err(KeyRingError::Empty);
        }
        let mut keys: Vec<NamedCipher> = Vec::new();
        for (index, entry) in text.split(',').enumerate() {
            let position = index.saturating_add(1);
            let key = parse_entry(entry.trim(), position)?;
            if keys.iter().any(|earlier| earlier.id == key.id) {
                return Err(KeyRingError::DuplicateId { position });
            }
            keys.push(key);
        }
        let mut keys = keys.into_iter();
        let writing = keys.next().ok_or(KeyRingError::Empty)?;
        Ok(Self {
            writing,
            reading: keys.collect(),
        })
    }

    /// Makes a ring of one new random key, and the line for a key file that [`KeyRing::parse`] reads back.
    ///
    /// # Errors
    /// [`KeyRingError::Randomness`].
    pub fn generate() -> Result<(Self, SecretString), KeyRingError> {
        let random = SystemRandom::new();
        let mut suffix = [0; 4];
        let mut key = Zeroizing::new([0; KEY_LEN]);
        random
            .fill(&mut suffix)
            .map_err(|_| KeyRingError::Randomness)?;
        random
            .fill(key.as_mut_slice())
            .map_err(|_| KeyRingError::Randomness)?;
        let encoded = Zeroizing::new(STANDARD.encode(key.as_slice()));
        // Random, so that the keys of two installations can be put into one ring.
        let id = format!("k-{:08x}", u32::from_be_bytes(suffix));
        let line = SecretString::from([id.as_str(), ":", encoded.as_str()].concat());
        let cipher = Cipher::new(&key).map_err(|_| KeyRingError::WrongLength { position: 1 })?;
        Ok((
            Self {
                writing: NamedCipher { id, cipher },
                reading: Vec::new(),
            },
            line,
        ))
    }

    /// The ids of the keys, the writing one first.
    #[must_use]
    pub fn key_ids(&self) -> Vec<&str> {
        self.all().map(|key| key.id.as_str()).collect()
    }

    pub(crate) const fn writing(&self) -> &NamedCipher {
        &self.writing
    }

    pub(crate) fn find(&self, id: &str) -> Option<&NamedCipher> {
        self.all().find(|key| key.id == id)
    }

    fn all(&self) -> impl Iterator<Item = &NamedCipher> {
        std::iter::once(&self.writing).chain(&self.reading)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("key_ids", &self.key_ids())
            .finish_non_exhaustive()
    }
}

fn parse_entry(entry: &str, position: usize) -> Result<NamedCipher, KeyRingError> {
    let (id, encoded) = entry
        .split_once(':')
        .ok_or(KeyRingError::Malformed { position })?;
    if !is_key_id(id) {
        return Err(KeyRingError::InvalidId { position });
    }
    let decoded = STANDARD.decode(encoded).map(Zeroizing::new);
    let decoded = decoded.map_err(|_| KeyRingError::NotBase64 { position })?;
    let key: &[u8; KEY_LEN] = decoded
        .as_slice()
        .try_into()
        .map_err(|_| KeyRingError::WrongLength { position })?;
    let cipher = Cipher::new(key).map_err(|_| KeyRingError::WrongLength { position })?;
    Ok(NamedCipher {
        id: id.to_owned(),
        cipher,
    })
}
