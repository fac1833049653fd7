use super::*;

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn connected() -> (Tokens, Pair) {
    let mut tokens = Tokens::default();
    let scopes = vec!["read:jira-work".to_owned(), "offline_access".to_owned()];
    let sites = ["site".to_owned()];
    let code = tokens.consent("account", &sites, scopes, "http://back", NOW);
    let pair = tokens.exchange(&code, "http://back", NOW).unwrap();
    (tokens, pair)
}

fn refresh(tokens: &mut Tokens, token: &Pair, at: OffsetDateTime) -> Option<Pair> {
    let token = token.refresh_token.clone().unwrap();
    tokens.refresh(&token, LeewayPairs::BothLive, at)
}

#[test]
fn a_code_works_once_and_for_ten_minutes_and_for_its_callback() {
    let mut tokens = Tokens::default();
    let mut code = || tokens.consent("account", &[], vec![], "http://back", NOW);
    let (used, late, foreign) = (code(), code(), code());
    assert!(tokens.exchange(&used, "http://back", NOW).is_some());
    assert!(tokens.exchange(&used, "http://back", NOW).is_none());
    assert!(
        tokens
            .exchange(&late, "http://back", NOW + CODE_LIFE)
            .is_none()
    );
    assert!(tokens.exchange(&foreign, "http://other", NOW).is_none());
}

#[test]
fn a_refresh_rotates_and_the_old_access_token_outlives_it_by_the_leeway_only() {
    let (mut tokens, first) = connected();
    let second = refresh(&mut tokens, &first, NOW + Duration::minutes(1)).unwrap();
    assert_ne!(first.refresh_token, second.refresh_token);
    assert!(
        tokens
            .bearer(&first.access_token, NOW + Duration::minutes(11))
            .is_some()
    );
    assert!(
        tokens
            .bearer(&first.access_token, NOW + Duration::minutes(12))
            .is_none()
    );
    assert!(
        tokens
            .bearer(&second.access_token, NOW + Duration::minutes(12))
            .is_some()
    );
}

#[test]
fn a_used_refresh_token_gives_another_pair_within_the_leeway() {
    let (mut tokens, first) = connected();
    let second = refresh(&mut tokens, &first, NOW).unwrap();
    let third = refresh(&mut tokens, &first, NOW + LEEWAY).unwrap();
    assert_ne!(second.access_token, third.access_token);
    assert!(tokens.bearer(&second.access_token, NOW + LEEWAY).is_some());
    assert!(tokens.bearer(&third.access_token, NOW + LEEWAY).is_some());
    assert_eq!(tokens.counters.leeway_refreshes, 1);
}

#[test]
fn reuse_after_the_leeway_kills_the_family() {
    let (mut tokens, first) = connected();
    let second = refresh(&mut tokens, &first, NOW).unwrap();
    let late = NOW + LEEWAY + Duration::seconds(1);
    assert!(refresh(&mut tokens, &first, late).is_none());
    assert!(refresh(&mut tokens, &second, late).is_none());
    assert!(tokens.bearer(&second.access_token, late).is_none());
    assert_eq!(tokens.counters.families_killed, 1);
}

#[test]
fn a_family_dies_idle_after_90_days_and_absolutely_after_365() {
    let (mut tokens, first) = connected();
    assert!(refresh(&mut tokens, &first, NOW + Duration::days(91)).is_none());
    let (mut tokens, mut pair) = connected();
    for month in 1..=4 {
        pair = refresh(&mut tokens, &pair, NOW + Duration::days(80 * month)).unwrap();
    }
    assert!(refresh(&mut tokens, &pair, NOW + Duration::days(366)).is_none());
}

#[test]
fn the_switch_decides_which_pair_of_a_race_survives() {
    for (rule, survivors) in [
        (LeewayPairs::BothLive, [true, true]),
        (LeewayPairs::LastWins, [false, true]),
        (LeewayPairs::FirstWins, [true, false]),
    ] {
        let (mut tokens, first) = connected();
        let token = first.refresh_token.unwrap();
        let pairs = [(); 2].map(|()| tokens.refresh(&token, rule, NOW).unwrap());
        let alive = pairs.map(|pair| tokens.bearer(&pair.access_token, NOW).is_some());
        assert_eq!(alive, survivors, "{rule:?}");
    }
}

#[test]
fn an_access_token_expires_after_an_hour() {
    let (tokens, pair) = connected();
    assert!(
        tokens
            .bearer(&pair.access_token, NOW + Duration::seconds(3599))
            .is_some()
    );
    assert!(
        tokens
            .bearer(&pair.access_token, NOW + ACCESS_LIFE)
            .is_none()
    );
}

#[test]
fn a_site_added_by_a_later_consent_reaches_older_tokens() {
    let (mut tokens, pair) = connected();
    tokens.consent(
        "account",
        &["second".to_owned()],
        vec![],
        "http://back",
        NOW,
    );
    assert_eq!(
        tokens.bearer(&pair.access_token, NOW).unwrap().sites,
        ["site", "second"]
    );
}
