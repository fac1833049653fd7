//! AES-256-GCM with one key.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::error::Unspecified;
use zeroize::Zeroizing;

/// The length of a key in bytes.
pub(crate) const KEY_LEN: usize = 32;
/// The length of a nonce in bytes.
pub(crate) const NONCE_LEN: usize = 12;
/// The length of an authentication tag in bytes.
pub(crate) const TAG_LEN: usize = 16;

/// A key that seals and opens; the caller answers for fresh nonces.
pub(crate) struct Cipher(LessSafeKey);

impl Cipher {
    pub(crate) fn new(key: &[u8; KEY_LEN]) -> Result<Self, Unspecified> {
        UnboundKey::new(&AES_256_GCM, key)
            .map(LessSafeKey::new)
            .map(Self)
    }

    /// Gives the ciphertext followed by the tag.
    pub(crate) fn seal(
        &self,
        nonce: [u8; NONCE_LEN],
        associated_data: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, Unspecified> {
        // Room for the tag from the start: growing would leave a copy of the plaintext behind.
        let mut buffer = Vec::with_capacity(plaintext.len().saturating_add(TAG_LEN));
        buffer.extend_from_slice(plaintext);
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.0
            .seal_in_place_append_tag(nonce, Aad::from(associated_data), &mut buffer)?;
        Ok(buffer)
    }

    /// Gives the plaintext when ciphertext, tag, nonce and associated data belong together.
    pub(crate) fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        associated_data: &[u8],
        ciphertext_and_tag: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
        let mut buffer = Zeroizing::new(ciphertext_and_tag.to_vec());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let plaintext = self
            .0
            .open_in_place(nonce, Aad::from(associated_data), &mut buffer)?
            .len();
        buffer.truncate(plaintext);
        Ok(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Vector {
        key: &'static str,
        nonce: &'static str,
        associated_data: &'static str,
        plaintext: &'static str,
        ciphertext: &'static str,
        tag: &'static str,
    }

    /// Test cases 13 to 16 of "The Galois/Counter Mode of Operation (GCM)", D. McGrew and J. Viega, 2005, appendix B.
    const VECTORS: [Vector; 4] = [
        Vector {
            key: "0000000000000000000000000000000000000000000000000000000000000000",
            nonce: "000000000000000000000000",
            associated_data: "",
            plaintext: "",
            ciphertext: "",
            tag: "530f8afbc74536b9a963b4f1c4cb738b",
        },
        Vector {
            key: "0000000000000000000000000000000000000000000000000000000000000000",
            nonce: "000000000000000000000000",
            associated_data: "",
            plaintext: "00000000000000000000000000000000",
            ciphertext: "cea7403d4d606b6e074ec5d3baf39d18",
            tag: "d0d1c8a799996bf0265b98b5d48ab919",
        },
        Vector {
            key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            nonce: "cafebabefacedbaddecaf888",
            associated_data: "",
            plaintext: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                        1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
            ciphertext: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                         8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad",
            tag: "b094dac5d93471bdec1a502270e3cc6c",
        },
        Vector {
            key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            nonce: "cafebabefacedbaddecaf888",
            associated_data: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            plaintext: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                        1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            ciphertext: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                         8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            tag: "76fc6ece0f4e1768cddf8853bb2d551b",
        },
    ];

    fn bytes(hex: &str) -> Vec<u8> {
        hex.as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    #[test]
    fn published_vectors_seal_and_open() {
        for vector in &VECTORS {
            let cipher = Cipher::new(&bytes(vector.key).try_into().unwrap()).unwrap();
            let nonce: [u8; NONCE_LEN] = bytes(vector.nonce).try_into().unwrap();
            let associated_data = bytes(vector.associated_data);
            let expected = bytes(&[vector.ciphertext, vector.tag].concat());

            let sealed = cipher
                .seal(nonce, &associated_data, &bytes(vector.plaintext))
                .unwrap();
            let opened = cipher.open(nonce, &associated_data, &sealed).unwrap();

            assert_eq!(sealed, expected);
            assert_eq!(*opened, bytes(vector.plaintext));
        }
    }
}
