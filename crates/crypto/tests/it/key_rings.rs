use handoff_crypto::{KeyRing, KeyRingError};
use secrecy::ExposeSecret;

/// 32 bytes of 0x11 and of 0x22.
const ONES: &str = "ERERERERERERERERERERERERERERERERERERERERERE=";
const TWOS: &str = "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI=";

fn error_of(text: &str) -> KeyRingError {
    KeyRing::parse(text).expect_err(text)
}

#[test]
fn the_first_key_comes_first_and_the_others_follow() {
    let text = format!(" 2026-11:{ONES} ,\n old_one:{TWOS}\n");

    let ring = KeyRing::parse(&text).unwrap();

    assert_eq!(ring.key_ids(), ["2026-11", "old_one"]);
}

#[test]
fn an_empty_list_is_refused() {
    for text in ["", "  ", "\n"] {
        assert_eq!(error_of(text), KeyRingError::Empty);
    }
}

#[test]
fn an_entry_without_a_colon_is_refused_with_its_place() {
    assert_eq!(error_of(ONES), KeyRingError::Malformed { position: 1 });
    assert_eq!(
        error_of(&format!("a:{ONES},")),
        KeyRingError::Malformed { position: 2 }
    );
    assert_eq!(
        error_of(&format!("a:{ONES},,b:{TWOS}")),
        KeyRingError::Malformed { position: 2 }
    );
}

#[test]
fn ids_are_1_to_32_characters_of_the_allowed_ones() {
    for id in ["", "a b", "schlüssel", "a.b", "a/b", &"x".repeat(33)] {
        assert_eq!(
            error_of(&format!("{id}:{ONES}")),
            KeyRingError::InvalidId { position: 1 },
            "{id}"
        );
    }
    assert!(KeyRing::parse(&format!("{}:{ONES}", "x".repeat(32))).is_ok());
}

#[test]
fn keys_are_32_bytes_of_base64() {
    assert_eq!(
        error_of("a:not base64"),
        KeyRingError::NotBase64 { position: 1 }
    );
    assert_eq!(
        error_of(&format!("a:{ONES}=")),
        KeyRingError::NotBase64 { position: 1 }
    );
    assert_eq!(error_of("a:"), KeyRingError::WrongLength { position: 1 });
    assert_eq!(
        error_of("a:EREREREREREREREREREREQ=="),
        KeyRingError::WrongLength { position: 1 }
    );
    assert_eq!(
        error_of(&format!("a:ERERER{ONES}")),
        KeyRingError::NotBase64 { position: 1 }
    );
    assert_eq!(
        error_of(&format!("a:ERERERER{ONES}")),
        KeyRingError::WrongLength { position: 1 }
    );
}

#[test]
fn an_id_occurs_once() {
    let text = format!("a:{ONES},b:{TWOS},a:{TWOS}");

    assert_eq!(error_of(&text), KeyRingError::DuplicateId { position: 3 });
}

#[test]
fn a_generated_line_reads_back_as_the_same_ring_and_differs_each_time() {
    let (ring, line) = KeyRing::generate().unwrap();
    let (_, other_line) = KeyRing::generate().unwrap();

    let read_back = KeyRing::parse(line.expose_secret()).unwrap();

    assert_eq!(read_back.key_ids(), ring.key_ids());
    assert_ne!(line.expose_secret(), other_line.expose_secret());
}

#[test]
fn neither_debug_nor_errors_show_key_bytes() {
    let ring = KeyRing::parse(&format!("a:{ONES},b:{TWOS}")).unwrap();
    let (generated, line) = KeyRing::generate().unwrap();
    let (_, generated_key) = line.expose_secret().split_once(':').unwrap();

    assert_eq!(
        format!("{ring:?}"),
        r#"KeyRing { key_ids: ["a", "b"], .. }"#
    );
    assert!(!format!("{generated:?}").contains(generated_key));
    assert!(!format!("{line:?}").contains(generated_key));
    for text in [
        ONES.to_owned(),
        format!("{ONES}:a"),
        format!("a:{ONES}!"),
        format!("a:{ONES},a:{ONES}"),
    ] {
        let error = error_of(&text);
        assert!(!format!("{error} {error:?}").contains("ERER"), "{error}");
    }
}
