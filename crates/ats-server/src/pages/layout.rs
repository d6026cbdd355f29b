//! The frame of every page: head, skip link, navigation, and the few shapes that pages share.

use ats_core::Timestamp;
use axum::response::{Html, IntoResponse, Response};
use chrono::{DateTime, Utc};
use http::{HeaderValue, StatusCode, header::CONTENT_SECURITY_POLICY};
use maud::{DOCTYPE, Markup, html};

use super::assets;

/// Which part of the operator's pages is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Integrations,
    Requests,
    Webhooks,
    Keys,
    Support,
    Docs,
}

const SECTIONS: &[(Section, &str, &str)] = &[
    (Section::Integrations, "/", "Integrations"),
    (Section::Requests, "/logs", "Requests"),
    (Section::Webhooks, "/webhooks", "Webhooks"),
    (Section::Keys, "/keys", "API keys"),
    (Section::Support, "/support", "Support matrix"),
    (Section::Docs, "/docs", "API"),
];

/// Who may hold a page in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Framed {
    /// Nobody.
    #[default]
    Never,
    /// The page of a customer, which the server does not know.
    Anywhere,
}

/// A page that is being put together.
#[derive(Debug)]
pub(super) struct Page {
    title: String,
    class: &'static str,
    top: Option<Markup>,
    refresh: Option<u32>,
    framed: Framed,
    status: StatusCode,
    content: Markup,
}

impl Page {
    /// A page with nothing around its content.
    pub(super) fn plain(title: impl Into<String>, content: Markup) -> Self {
        Self {
            title: title.into(),
            class: "plain",
            top: None,
            refresh: None,
            framed: Framed::Never,
            status: StatusCode::OK,
            content,
        }
    }

    /// A page of the operator's. `csrf` is absent where nobody is logged in.
    pub(super) fn operator(
        title: impl Into<String>,
        section: Section,
        csrf: Option<&str>,
        content: Markup,
    ) -> Self {
        Self {
            class: "operator",
            top: Some(top(section, csrf)),
            ..Self::plain(title, content)
        }
    }

    /// A page of the connect flow.
    pub(super) fn connect(title: impl Into<String>, framed: Framed, content: Markup) -> Self {
        Self {
            class: "connect",
            framed,
            ..Self::plain(title, content)
        }
    }

    /// Looks again after so many seconds.
    pub(super) fn refreshed(mut self, seconds: Option<u32>) -> Self {
        self.refresh = seconds;
        self
    }

    /// With another status than 200.
    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    fn document(&self) -> Markup {
        let narrow = (self.class != "operator").then_some("narrow");
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="robots" content="noindex";
                    title { (self.title) " · unified-ats" }
                    link rel="stylesheet" href=(assets::style());
                    link rel="icon" type="image/svg+xml" href=(assets::icon());
                    script src=(assets::script()) defer {}
                    @if let Some(seconds) = self.refresh {
                        noscript { meta http-equiv="refresh" content=(seconds); }
                    }
                }
                body class=(self.class) data-refresh=[self.refresh] {
                    a.skip href="#main" { "Skip to the content" }
                    @if let Some(top) = &self.top { (top) }
                    main #main class=[narrow] tabindex="-1" { (self.content) }
                }
            }
        }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let text = self.document().into_string();
        let mut response = (self.status, Html(text)).into_response();
        let policy = HeaderValue::from_static(policy(self.framed));
        response
            .headers_mut()
            .insert(CONTENT_SECURITY_POLICY, policy);
        response
    }
}

/// What a page may load, and who may hold it.
pub(super) const fn policy(framed: Framed) -> &'static str {
    match framed {
        Framed::Never => {
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
             form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        }
        Framed::Anywhere => {
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
             form-action 'self'; frame-ancestors *; base-uri 'none'"
        }
    }
}

fn top(current: Section, csrf: Option<&str>) -> Markup {
    html! {
        header.top {
            div.inner {
                a.brand href="/" { img src=(assets::icon()) alt=""; "unified-ats" }
                nav aria-label="Main" {
                    ul {
                        @for (section, href, name) in SECTIONS {
                            @let is_current = *section == current;
                            li { a href=(href) aria-current=[is_current.then_some("page")] { (name) } }
                        }
                    }
                }
                @if let Some(csrf) = csrf {
                    form method="post" action="/logout" {
                        (token(csrf))
                        button.link type="submit" { "Sign out" }
                    }
                } @else {
                    form method="get" action="/login" {
                        button.link type="submit" { "Sign in" }
                    }
                }
            }
        }
    }
}

/// The hidden field that proves that a form is one of ours.
pub(super) fn token(csrf: &str) -> Markup {
    html! { input type="hidden" name="csrf" value=(csrf); }
}

/// The way back up. The last one is the page itself.
pub(super) fn crumbs(steps: &[(&str, &str)], here: &str) -> Markup {
    html! {
        nav.crumbs aria-label="Where this is" {
            ol {
                @for (href, name) in steps { li { a href=(href) { (name) } } }
                li aria-current="page" { (here) }
            }
        }
    }
}

/// A short word with a colour; the word alone says it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Warn,
    Bad,
    Busy,
    Plain,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Good => "tag good",
            Self::Warn => "tag warn",
            Self::Bad => "tag bad",
            Self::Busy => "tag busy",
            Self::Plain => "tag",
        }
    }
}

/// A short word with a colour.
pub(super) fn tag(tone: Tone, word: &str) -> Markup {
    html! { span class=(tone.class()) { (word) } }
}

/// A moment as people read it; the exact one is in the title.
pub(super) fn moment(at: Timestamp, now: Timestamp) -> Markup {
    let exact = at.to_string();
    html! { time.nowrap datetime=(exact) title=(exact) { (relative(at, now)) } }
}

/// How far a moment is away, in words.
pub(super) fn relative(at: Timestamp, now: Timestamp) -> String {
    let away = DateTime::<Utc>::from(now) - DateTime::<Utc>::from(at);
    let seconds = away.num_seconds();
    let amount = match seconds.unsigned_abs() {
        0..10 => return "now".to_owned(),
        count @ 10..100 => format!("{count} s"),
        count @ 100..5_400 => format!("{} min", (count + 30) / 60),
        count @ 5_400..129_600 => format!("{} h", (count + 1_800) / 3_600),
        count => format!("{} days", (count + 43_200) / 86_400),
    };
    match seconds > 0 {
        true => format!("{amount} ago"),
        false => format!("in {amount}"),
    }
}

/// A table that scrolls within itself where it is too wide.
pub(super) fn wide(label: &str, table: Markup) -> Markup {
    html! { div.wide role="region" aria-label=(label) tabindex="0" { (table) } }
}

/// A number with its thousands apart.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A name of ours as people read it: `job_postings` becomes `Job postings`.
pub(super) fn spoken(name: &str) -> String {
    let words: Vec<&str> = name.split('_').map(spelt).collect();
    sentence(&words.join(" "))
}

/// A word as it is spelt: some are the first letters of others.
fn spelt(word: &str) -> &str {
    match word {
        "api" => "API",
        "eeo" => "EEO",
        word => word,
    }
}

/// A message as a sentence begins.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_by_how_far_they_are() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let now = at("2026-01-02T12:00:00Z");
        for (moment, words) in [
            ("2026-01-02T12:00:00Z", "now"),
            ("2026-01-02T11:59:30Z", "30 s ago"),
            ("2026-01-02T11:45:00Z", "15 min ago"),
            ("2026-01-02T15:00:00Z", "in 3 h"),
            ("2025-12-31T12:00:00Z", "2 days ago"),
        ] {
            assert_eq!(relative(at(moment), now), words);
        }
    }

    #[test]
    fn numbers_and_names_are_made_readable() {
        assert_eq!(number(7), "7");
        assert_eq!(number(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(spoken("job_postings"), "Job postings");
        assert_eq!(spoken("api_passthrough"), "API passthrough");
        assert_eq!(spoken("eeo_questions"), "EEO questions");
    }

    #[test]
    fn what_comes_from_outside_is_escaped() {
        let page = Page::plain("<b>", html! { p { ("<script>") } });
        let text = page.document().into_string();
        assert!(!text.contains("<script>") && text.contains("&lt;b&gt;"));
    }
}
