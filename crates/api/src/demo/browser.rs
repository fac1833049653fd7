//! The browser in which a person consents: cookies, a form, redirects.

use anyhow::{Context as _, Result, bail};
use reqwest::{Client, Response, StatusCode, header};
use url::{Url, form_urlencoded};

use super::client::good;

/// Follows the consent from its address to where the web app is told how it went.
pub(super) async fn consent(http: &Client, auth_url: &str, cookies: &[String]) -> Result<Url> {
    let page = good(http.get(auth_url).send().await?).await?;
    let here = page.url().clone();
    let form = Form::read(&page.text().await?).context("the consent page has no form")?;
    let action = here.join(&form.action)?;
    let answer = http
        .post(action)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form.accepted())
        .send()
        .await?;
    let callback = redirect_of(&answer)?;
    let answer = http
        .get(callback)
        .header(header::COOKIE, cookies.join("; "))
        .send()
        .await?;
    redirect_of(&answer)
}

/// The cookies that an answer sets, as a browser sends them back.
pub(super) fn cookies_of(response: &Response) -> Vec<String> {
    let set = response.headers().get_all(header::SET_COOKIE).iter();
    set.filter_map(|value| Some(value.to_str().ok()?.split(';').next()?.trim().to_owned()))
        .collect()
}

fn redirect_of(response: &Response) -> Result<Url> {
    if !matches!(response.status(), StatusCode::FOUND | StatusCode::SEE_OTHER) {
        bail!("expected a redirect, not {}", response.status());
    }
    let location = response
        .headers()
        .get(header::LOCATION)
        .context("a redirect to nowhere")?;
    Ok(response.url().join(location.to_str()?)?)
}

/// A form with what it sends when nothing in it is changed.
struct Form {
    action: String,
    fields: Vec<(String, String)>,
}

impl Form {
    fn read(html: &str) -> Option<Self> {
        let tags = || html.split('<').filter_map(|part| part.split('>').next());
        let form = tags().find(|tag| tag.starts_with("form "))?;
        let inputs = tags().filter(|tag| tag.starts_with("input "));
        let sent = inputs.filter(|tag| {
            attribute(tag, "type").as_deref() == Some("hidden") || tag.contains(" checked")
        });
        let fields =
            sent.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)));
        Some(Self {
            action: attribute(form, "action")?,
            fields: fields.collect(),
        })
    }

    /// The body that the button Accept sends.
    fn accepted(&self) -> String {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(&self.fields)
            .append_pair("decision", "accept")
            .finish()
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    let value = value
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"");
    Some(value.replace("&#39;", "'").replace("&amp;", "&"))
}
