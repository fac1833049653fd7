//! A browser as far as the consent needs one: it keeps cookies and follows redirects by hand.

use jira_sandbox::{ACME_CLOUD_ID, BEACON_CLOUD_ID, USER_ACCOUNT_ID};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use serde_json::{Value, json};
use url::Url;

use crate::client::Client;

/// What the person does on the consent page.
#[derive(Debug, Clone, Copy)]
pub enum Consent {
    /// Accepts for the site Acme.
    Acme,
    /// Accepts for Acme and Beacon.
    BothSites,
    /// Accepts for the site Beacon.
    Beacon,
    /// Declines.
    Decline,
}

impl Consent {
    const fn sites(self) -> &'static [&'static str] {
        match self {
            Self::Acme => &[ACME_CLOUD_ID],
            Self::BothSites => &[ACME_CLOUD_ID, BEACON_CLOUD_ID],
            Self::Beacon => &[BEACON_CLOUD_ID],
            Self::Decline => &[],
        }
    }
}

/// A browser with its cookies.
#[derive(Debug, Default)]
pub struct Browser {
    cookies: Vec<String>,
}

impl Browser {
    /// Begins a connection as the web app does in this browser, and gives where the consent is.
    pub async fn begin(&mut self, client: &Client) -> Url {
        self.begin_with(client, json!({})).await
    }

    /// As [`Browser::begin`], with more in the request.
    pub async fn begin_with(&mut self, client: &Client, body: Value) -> Url {
        let started = client
            .post_in_workspace("/api/integrations/jira/connect", body)
            .await;
        let cookie = started
            .headers
            .get(SET_COOKIE)
            .expect("a cookie for the flow");
        let cookie = cookie.to_str().expect("a cookie in ASCII");
        self.cookies
            .push(cookie.split(';').next().unwrap_or_default().to_owned());
        let started = started.expect(200);
        Url::parse(started["auth_url"].as_str().expect("a URL")).expect("a URL")
    }

    /// Decides on the consent page and gives the callback that Atlassian sends the browser to.
    pub async fn consent(&self, auth_url: &Url, decision: Consent) -> Url {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let http = http.build().expect("a client");
        let page = http
            .get(auth_url.clone())
            .send()
            .await
            .expect("the consent page");
        assert_eq!(page.status(), 200, "{:?}", page.text().await);
        let mut form: Vec<(String, String)> = auth_url
            .query_pairs()
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let word = if matches!(decision, Consent::Decline) {
            "decline"
        } else {
            "accept"
        };
        form.push(("decision".to_owned(), word.to_owned()));
        form.push(("account".to_owned(), USER_ACCOUNT_ID.to_owned()));
        let sites = decision
            .sites()
            .iter()
            .map(|site| ("site".to_owned(), (*site).to_owned()));
        form.extend(sites);
        let decide = auth_url.join("/authorize/decision").expect("a URL");
        let answer = http
            .post(decide)
            .form(&form)
            .send()
            .await
            .expect("an answer");
        redirect(&answer)
    }

    /// Brings the callback to the service, with this browser's cookies, and gives where it sends the browser.
    pub async fn callback(&self, client: &Client, callback: &Url) -> Url {
        let path = format!(
            "{}?{}",
            callback.path(),
            callback.query().unwrap_or_default()
        );
        let mut request = client.anonymous().request(reqwest::Method::GET, &path);
        if !self.cookies.is_empty() {
            request = request.header(COOKIE, self.cookies.join("; "));
        }
        redirect(&request.send().await.expect("an answer"))
    }

    /// The whole flow in one browser.
    pub async fn connect(&mut self, client: &Client, decision: Consent) -> Url {
        let auth_url = self.begin(client).await;
        let callback = self.consent(&auth_url, decision).await;
        self.callback(client, &callback).await
    }
}

fn redirect(answer: &reqwest::Response) -> Url {
    assert!(answer.status().is_redirection(), "{answer:?}");
    let location = answer.headers().get(LOCATION).expect("a location");
    Url::parse(location.to_str().expect("a location in ASCII")).expect("an absolute location")
}
