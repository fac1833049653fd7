use handoff_crypto::{RingRandomness, Sha256Hasher};
use handoff_domain::connection::ports::SecretHasher;
use handoff_domain::shared::clock::Randomness;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn hashes_are_the_published_sha_256_values() {
    let one_block = Sha256Hasher.hash("abc");
    let two_blocks = Sha256Hasher.hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");

    assert_eq!(
        hex(&one_block),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert_eq!(
        hex(&two_blocks),
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    );
}

#[test]
fn random_bytes_fill_the_whole_buffer_and_differ_each_time() {
    let randomness = RingRandomness::new().unwrap();
    let mut first = [0; 64];
    let mut second = [0; 64];

    randomness.fill(&mut first);
    randomness.fill(&mut second);
    randomness.fill(&mut []);

    assert_ne!(first, second);
    assert!(first.chunks(16).all(|chunk| chunk != [0; 16]));
}
