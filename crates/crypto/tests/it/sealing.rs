use handoff_crypto::{KeyRing, RingSealer, sealing_key_id};
use handoff_domain::connection::model::{Platform, SealedSecret};
use handoff_domain::connection::ports::{SealContext, SealError, SecretSealer};
use handoff_domain::shared::ids::WorkspaceId;
use secrecy::{ExposeSecret, SecretString};

/// 32 bytes of 0x11 and of 0x22.
const ONES: &str = "ERERERERERERERERERERERERERERERERERERERERERE=";
const TWOS: &str = "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI=";

const PLAINTEXT: &str = "an example, ünïcode and all";

/// Made by another implementation of AES-256-GCM from the description in the README.
const FIRST_VERSION: &str = "0107323032362d3131000102030405060708090a0b728d967603c2588478ddffbf071399e566c26f\
    0c70553341cdc0de1391702966e865d451d13bd7cff4e1defe9f";

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn sealer(keys: &str) -> RingSealer {
    RingSealer::new(KeyRing::parse(keys).unwrap())
}

fn workspace(last: u8) -> WorkspaceId {
    format!("0197a1c2-0000-7000-8000-0000000000{last:02x}")
        .parse()
        .unwrap()
}

fn context() -> SealContext {
    SealContext {
        workspace_id: workspace(1),
        platform: Platform::Jira,
        column: "integrations.access_token",
    }
}

fn seal(sealer: &RingSealer) -> SealedSecret {
    sealer
        .seal(&SecretString::from(PLAINTEXT), context())
        .unwrap()
}

#[test]
fn what_was_sealed_opens_again() {
    let sealer = sealer(&format!("a:{ONES}"));

    for text in ["", "x", PLAINTEXT, &"long ".repeat(10_000)] {
        let sealed = sealer.seal(&SecretString::from(text), context()).unwrap();
        assert_eq!(
            sealer.open(&sealed, context()).unwrap().expose_secret(),
            text
        );
    }
}

#[test]
fn an_envelope_of_the_first_version_still_opens() {
    let envelope = bytes(FIRST_VERSION);

    let opened =
        sealer(&format!("2026-11:{ONES}")).open(&SealedSecret::from_bytes(envelope), context());

    assert_eq!(opened.unwrap().expose_secret(), PLAINTEXT);
}

#[test]
fn two_seals_of_one_secret_differ_and_show_nothing_of_it() {
    let sealer = sealer(&format!("a:{ONES}"));

    let first = seal(&sealer);
    let second = seal(&sealer);

    assert_ne!(first.as_bytes(), second.as_bytes());
    let shown = String::from_utf8_lossy(first.as_bytes()).into_owned();
    assert!(!shown.contains("example"));
}

#[test]
fn the_first_key_writes_and_all_of_them_read() {
    let old = sealer(&format!("old:{ONES}"));
    let adding = sealer(&format!("old:{ONES},new:{TWOS}"));
    let switched = sealer(&format!("new:{TWOS},old:{ONES}"));

    let by_old = seal(&adding);
    let by_new = seal(&switched);

    assert_eq!(sealing_key_id(&by_old), Ok("old"));
    assert_eq!(sealing_key_id(&by_new), Ok("new"));
    assert!(old.open(&by_old, context()).is_ok());
    assert!(adding.open(&by_new, context()).is_ok());
    assert!(switched.open(&by_old, context()).is_ok());
    assert_eq!(switched.key_ids(), ["new", "old"]);
}

#[test]
fn a_key_that_is_not_in_the_ring_is_named() {
    let sealed = seal(&sealer(&format!("old:{ONES}")));

    let refused = sealer(&format!("new:{TWOS}"))
        .open(&sealed, context())
        .unwrap_err();

    assert_eq!(
        refused,
        SealError::UnknownKey {
            key_id: "old".to_owned()
        }
    );
}

#[test]
fn another_key_under_the_same_id_does_not_open() {
    let sealed = seal(&sealer(&format!("a:{ONES}")));

    let refused = sealer(&format!("a:{TWOS}"))
        .open(&sealed, context())
        .unwrap_err();

    assert_eq!(refused, SealError::Damaged);
}

#[test]
fn the_same_key_under_another_id_does_not_open() {
    let mut envelope = seal(&sealer(&format!("a:{ONES}"))).as_bytes().to_vec();
    envelope[2] = b'b';

    let refused =
        sealer(&format!("a:{ONES},b:{ONES}")).open(&SealedSecret::from_bytes(envelope), context());

    assert_eq!(refused.unwrap_err(), SealError::Damaged);
}

#[test]
fn each_part_of_the_context_is_bound() {
    let sealer = sealer(&format!("a:{ONES}"));
    let sealed = seal(&sealer);

    let other_workspace = SealContext {
        workspace_id: workspace(2),
        ..context()
    };
    let other_column = SealContext {
        column: "integrations.refresh_token",
        ..context()
    };
    let shorter_column = SealContext {
        column: "integrations.access_toke",
        ..context()
    };

    for elsewhere in [other_workspace, other_column, shorter_column] {
        assert_eq!(
            sealer.open(&sealed, elsewhere).unwrap_err(),
            SealError::Damaged
        );
    }
}

#[test]
fn no_changed_bit_is_overlooked() {
    let sealer = sealer(&format!("a:{ONES},b:{TWOS}"));
    let sealed = seal(&sealer);

    for at in 0..sealed.as_bytes().len() {
        for bit in 0..8 {
            let mut envelope = sealed.as_bytes().to_vec();
            envelope[at] ^= 1 << bit;
            let refused = sealer
                .open(&SealedSecret::from_bytes(envelope), context())
                .unwrap_err();
            // Another length or letter names another key, when what follows reads as a name.
            let names_the_key = at == 1 || at == 2;
            assert!(
                refused == SealError::Damaged
                    || names_the_key && matches!(refused, SealError::UnknownKey { .. }),
                "byte {at}, bit {bit}: {refused:?}",
            );
        }
    }
}

#[test]
fn no_cut_and_no_addition_is_overlooked() {
    let sealer = sealer(&format!("a:{ONES}"));
    let sealed = seal(&sealer);

    for len in 0..sealed.as_bytes().len() {
        let cut = SealedSecret::from_bytes(sealed.as_bytes()[..len].to_vec());
        assert_eq!(
            sealer.open(&cut, context()).unwrap_err(),
            SealError::Damaged,
            "{len} bytes"
        );
    }
    let longer = SealedSecret::from_bytes([sealed.as_bytes(), &[0]].concat());
    assert_eq!(
        sealer.open(&longer, context()).unwrap_err(),
        SealError::Damaged
    );
}

#[test]
fn debug_shows_no_key_bytes() {
    let shown = format!("{:?}", sealer(&format!("a:{ONES}")));

    assert!(shown.contains(r#"key_ids: ["a"]"#), "{shown}");
    assert!(
        !shown.contains("17, 17") && !shown.contains("1111") && !shown.contains("ERER"),
        "{shown}"
    );
}
