//! What a receiver of webhooks is sent, by Jira or by anybody.
#![no_main]

use jira_client::SecretString;
use jira_client::webhooks::{self, Delivery};
use libfuzzer_sys::fuzz_target;
use ring::hmac;

const SECRET: &str = "fuzzed";

fuzz_target!(|input: (&str, &[u8], &[u8], Vec<(&str, &str)>)| {
    let (authorization, first, second, headers) = input;
    let secret = SecretString::from(SECRET);
    assert!(
        webhooks::verify(authorization, &secret).is_err(),
        "nobody guesses a signature"
    );

    // Signed rightly, whatever it says.
    let signed = format!("{}.{}", base64url(first), base64url(second));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let signature = hmac::sign(&key, signed.as_bytes());
    let token = format!("Bearer {signed}.{}", base64url(signature.as_ref()));
    if webhooks::verify(&token, &secret).is_ok() {
        let header: serde_json::Value = serde_json::from_slice(first).unwrap();
        assert_eq!(header["alg"], "HS256");
        assert!(
            serde_json::from_slice::<serde_json::Value>(second)
                .unwrap()
                .is_object()
        );
    }

    if let Ok(delivery) = Delivery::read(headers, second) {
        let _ = delivery.change_of("status");
    }
});

fn base64url(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk
            .iter()
            .fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte));
        let bits = bits << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let letter = bits >> (18 - 6 * place) & 63;
            text.push(char::from(LETTERS[letter as usize]));
        }
    }
    text
}
