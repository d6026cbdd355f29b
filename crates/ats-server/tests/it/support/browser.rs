//! What a browser does without a script: pages, forms, a cookie.

use reqwest::{
    Client, Method, StatusCode,
    header::{COOKIE, LOCATION, SET_COOKIE},
    redirect::Policy,
};

use super::{Answer, answer};

/// Somebody with a browser.
pub(crate) struct Browser {
    base: String,
    client: Client,
    pub(crate) cookie: Option<String>,
    /// What is sent with each form beside its inputs.
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Browser {
    pub(crate) fn new(base: &str) -> Self {
        Self {
            base: base.to_owned(),
            client: Client::builder().redirect(Policy::none()).build().unwrap(),
            cookie: None,
            headers: Vec::new(),
        }
    }

    /// A page, after whatever it leads on to.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let mut found = self.send(Method::GET, path, None).await;
        while found.status.is_redirection() {
            let path = location(&found);
            found = self.send(Method::GET, &path, None).await;
        }
        found
    }

    /// The answer to a form, after whatever it leads on to.
    pub(crate) async fn post(&mut self, path: &str, inputs: &[(&str, &str)]) -> Answer {
        let found = self.send(Method::POST, path, Some(inputs)).await;
        match found.status.is_redirection() {
            true => self.get(&location(&found)).await,
            false => found,
        }
    }

    /// One request; no redirect is followed.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        inputs: Option<&[(&str, &str)]>,
    ) -> Answer {
        let path = path.strip_prefix(&self.base).unwrap_or(path);
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(inputs) = inputs {
            let mut body = url::form_urlencoded::Serializer::new(String::new());
            body.extend_pairs(inputs);
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(body.finish());
        }
        let found = answer(request.send().await.unwrap()).await;
        for value in found.headers.get_all(SET_COOKIE) {
            let pair = value.to_str().unwrap().split(';').next().unwrap();
            self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
        }
        found
    }
}

/// Where a redirect leads.
pub(crate) fn location(answer: &Answer) -> String {
    let value = answer.headers.get(LOCATION).unwrap();
    value.to_str().unwrap().to_owned()
}

/// The value of the first hidden input of this name.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let marker = format!(r#"name="{name}" value=""#);
    let at = page
        .find(&marker)
        .unwrap_or_else(|| panic!("no {name} in {page}"));
    let rest = &page[at + marker.len()..];
    rest[..rest.find('"').unwrap()].to_owned()
}

/// The text of a page as a person reads it, roughly: without tags, spaces in one.
pub(crate) fn seen(page: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in page.chars() {
        match letter {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            letter if !inside => text.push(letter),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Fails unless the answer is a page that keeps to itself.
pub(crate) fn assert_page(answer: &Answer, status: StatusCode) {
    assert_eq!(answer.status, status, "{}", answer.text);
    let header = |name: &str| {
        let value = answer.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap()).to_owned()
    };
    assert!(header("content-type").starts_with("text/html"));
    let policy = header("content-security-policy");
    for part in [
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors",
    ] {
        assert!(policy.contains(part), "{part} is not in {policy}");
    }
    assert!(!policy.contains("unsafe"));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("cache-control"), "no-store");
    // Nothing is loaded from elsewhere, and no script or style stands in the page.
    assert!(!answer.text.contains("<script>") && !answer.text.contains("<style"));
    assert!(!answer.text.contains("style=\"") && !answer.text.contains(" onclick"));
    assert!(answer.text.contains("<html lang=\"en\">") && answer.text.contains("<main"));
    assert_eq!(answer.text.matches("<h1").count(), 1, "{}", answer.text);
}
