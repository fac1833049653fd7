//! The byte layout of sealed secrets and of the data they are bound to.
//!
//! | offset | bytes | holds |
//! |---|---|---|
//! | 0 | 1 | version, `1` |
//! | 1 | 1 | `n`, the length of the key id, 1 to 32 |
//! | 2 | n | the key id |
//! | 2 + n | 12 | the nonce |
//! | 14 + n | m + 16 | the ciphertext of `m` bytes, then the tag |

use handoff_domain::connection::ports::SealContext;

use crate::cipher::{NONCE_LEN, TAG_LEN};

/// The only version there is.
const VERSION: u8 = 1;
/// Sets these secrets apart from anything else that might one day be sealed with the same key.
const PURPOSE: &[u8] = b"handoff.sealed-secret";
/// The greatest length of a key id in bytes.
const MAX_KEY_ID_LEN: usize = 32;

/// An envelope, taken apart.
#[derive(Clone, Copy)]
pub(crate) struct Envelope<'a> {
    pub(crate) key_id: &'a str,
    pub(crate) nonce: [u8; NONCE_LEN],
    pub(crate) ciphertext_and_tag: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// Takes an envelope apart; `None` when it is none.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (&[version, id_len], rest) = bytes.split_first_chunk()?;
        if version != VERSION {
            return None;
        }
        let (key_id, rest) = rest.split_at_checked(usize::from(id_len))?;
        let key_id = str::from_utf8(key_id).ok().filter(|id| is_key_id(id))?;
        let (&nonce, ciphertext_and_tag) = rest.split_first_chunk()?;
        (ciphertext_and_tag.len() >= TAG_LEN).then_some(Self {
            key_id,
            nonce,
            ciphertext_and_tag,
        })
    }

    /// Puts an envelope together; `None` when the key id is too long for one.
    pub(crate) fn to_bytes(self) -> Option<Vec<u8>> {
        let id_len = u8::try_from(self.key_id.len()).ok()?;
        Some(
            [
                &[VERSION, id_len],
                self.key_id.as_bytes(),
                &self.nonce,
                self.ciphertext_and_tag,
            ]
            .concat(),
        )
    }
}

/// Whether a text is 1 to 32 characters of `A-Z a-z 0-9 _ -`.
pub(crate) fn is_key_id(text: &str) -> bool {
    (1..=MAX_KEY_ID_LEN).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// The data that a secret is authenticated with: each part behind its length, so that no two sets of parts are alike.
pub(crate) fn associated_data(key_id: &str, context: SealContext) -> Vec<u8> {
    let workspace = context.workspace_id.as_uuid();
    let parts: [&[u8]; 6] = [
        PURPOSE,
        &[VERSION],
        key_id.as_bytes(),
        workspace.as_bytes(),
        context.platform.as_str().as_bytes(),
        context.column.as_bytes(),
    ];
    let mut data = Vec::new();
    for part in parts {
        // No part comes near four gigabytes; a longer one would only stop being told apart by its length.
        let len = u32::try_from(part.len()).unwrap_or(u32::MAX);
        data.extend_from_slice(&len.to_be_bytes());
        data.extend_from_slice(part);
    }
    data
}
