use std::path::Path;

use super::*;

fn sources(environment: &[(&str, &str)]) -> Sources {
    let environment = environment
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    Sources {
        file: SettingsFile::Never,
        environment,
        ..Sources::default()
    }
}

#[test]
fn nothing_given_is_a_working_configuration() {
    let config = Config::load(sources(&[])).unwrap();
    assert_eq!(config.server.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(config.database.kind, DatabaseKind::Sqlite);
    assert!(config.database.migrate_on_start);
    assert_eq!(config.delivery.settle, Duration::from_secs(300));
    assert_eq!(config.limits.tickets_per_document, 5_000);
    assert_eq!(config.limits.blocks_per_document, 5_000);
    assert_eq!(
        config.missing_jira_keys(),
        ["HANDOFF__JIRA__CLIENT_ID", "HANDOFF__JIRA__CLIENT_SECRET"]
    );
}

#[test]
fn the_environment_wins_over_the_file_and_flags_win_over_both() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("handoff.toml");
    std::fs::write(
        &file,
        "data_dir = \"from-file\"\n[delivery]\nsettle_seconds = 7\n[log]\nlevel = \"warn\"\n",
    )
    .unwrap();
    let mut sources = sources(&[
        ("HANDOFF__LOG__LEVEL", "debug"),
        ("HANDOFF__DATA_DIR", "from-env"),
        ("PATH", "/bin"),
    ]);
    sources.file = SettingsFile::Named(file);
    sources.flags = vec![("data_dir".to_owned(), "from-flag".to_owned())];

    let config = Config::load(sources).unwrap();

    assert_eq!(config.delivery.settle, Duration::from_secs(7));
    assert_eq!(config.log.level, "debug");
    assert_eq!(config.data_dir, Path::new("from-flag"));
}

#[test]
fn every_fault_is_reported_at_once_and_no_value_is_shown() {
    let error = Config::load(sources(&[
        ("HANDOFF__SERVER__BIND", "s3cret-nonsense"),
        ("HANDOFF__DATABASE__URL", "mysql://s3cret-nonsense"),
        ("HANDOFF__DELIVERY__MAX_IN_FLIGHT_PER_SITE", "0"),
        ("HANDOFF__JIRA__CLIENT_SECRET_FILE", "/does/not/exist"),
        ("HANDOFF__AUTH__ISSUER", "https://id.example"),
        ("HANDOFF__SERVER__BNID", "127.0.0.1:1"),
        ("HANDOFF__NONSENSE", "1"),
    ]))
    .unwrap_err();

    let text = error.to_string();
    for key in [
        "server.bind (in the environment)",
        "database.url",
        "delivery.max_in_flight_per_site",
        "jira.client_secret_file",
        "auth.jwks_url",
        "server.bnid (in the environment): there is no such key",
        "nonsense (in the environment): there is no such key",
    ] {
        assert!(text.contains(key), "{key} is not in: {text}");
    }
    assert_eq!(error.faults.len(), 7, "{text}");
    assert!(!text.contains("s3cret-nonsense"), "{text}");
}

#[test]
fn the_times_of_delivery_fit_together() {
    let load = |environment: &[(&str, &str)]| Config::load(sources(environment));
    let config = load(&[]).unwrap();
    assert_eq!(config.delivery.lease, Duration::from_secs(180));
    assert_eq!(config.delivery.times(), DeliveryTimes::default());
    let short = load(&[
        ("HANDOFF__DELIVERY__LEASE_SECONDS", "6"),
        ("HANDOFF__DELIVERY__SETTLE_SECONDS", "1"),
    ]);
    let short = short.unwrap();
    assert_eq!(short.delivery.times().send_within, Duration::from_secs(1));
    let shown = short.masked();
    assert_eq!(
        (
            &shown["delivery.lease_seconds"],
            &shown["delivery.settle_seconds"]
        ),
        (&6.into(), &1.into())
    );
    for (key, value, named) in [
        ("LEASE_SECONDS", "5", "delivery.lease_seconds"),
        ("SETTLE_SECONDS", "0", "delivery.settle_seconds"),
        ("SETTLE_SECONDS", "86400", "delivery.deadline_hours"),
    ] {
        let key = format!("HANDOFF__DELIVERY__{key}");
        let error = load(&[(&key, value)]).unwrap_err();
        assert_eq!(error.faults.len(), 1, "{error}");
        assert!(error.faults[0].key.starts_with(named), "{error}");
    }
}

#[test]
fn an_unknown_key_in_the_file_is_named_with_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("handoff.toml");
    std::fs::write(&file, "[server]\nbinding = \"x\"\n").unwrap();
    let error = Config::load(Sources {
        file: SettingsFile::Named(file),
        ..Sources::default()
    })
    .unwrap_err();
    assert!(error.to_string().contains("server.binding (in "), "{error}");
    assert!(error.to_string().contains("handoff.toml"), "{error}");
}

#[test]
fn a_client_id_of_digits_keeps_its_zeros() {
    let config = Config::load(sources(&[("HANDOFF__JIRA__CLIENT_ID", "007")])).unwrap();
    assert_eq!(config.jira.client_id.as_deref(), Some("007"));
}

#[test]
fn a_secret_may_come_from_a_file_but_not_from_two_places() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("client-secret");
    std::fs::write(&file, "hidden-value\n").unwrap();
    let file = file.to_str().unwrap();
    let from_file = Config::load(sources(&[("HANDOFF__JIRA__CLIENT_SECRET_FILE", file)])).unwrap();
    let shown = serde_json::to_string(&from_file.masked()).unwrap();
    assert!(
        shown.contains("\"jira.client_secret\":\"********\""),
        "{shown}"
    );
    assert!(!shown.contains("hidden-value"), "{shown}");
    assert!(!format!("{from_file:?}").contains("hidden-value"));

    let both = Config::load(sources(&[
        ("HANDOFF__JIRA__CLIENT_SECRET_FILE", file),
        ("HANDOFF__JIRA__CLIENT_SECRET", "x"),
    ]));
    assert!(both.unwrap_err().to_string().contains("not both"));
}

#[test]
fn the_password_of_a_database_is_masked() {
    let url = "postgres://handoff:hidden-value@db.example/handoff";
    let config = Config::load(sources(&[("HANDOFF__DATABASE__URL", url)])).unwrap();
    assert!(!config.database.migrate_on_start);
    let shown = serde_json::to_string(&config.masked()).unwrap();
    assert!(shown.contains("db.example"), "{shown}");
    assert!(!shown.contains("hidden-value"), "{shown}");
}
