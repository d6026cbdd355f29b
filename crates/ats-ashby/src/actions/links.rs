//! Social links: what kind each is, and how the vendor is told of them.
//!
//! `candidate.create` takes one link of three kinds; the list of `candidate.update` takes all, and
//! replaces what was there. So a list is always the whole one.

use ats_core::action::SocialLinkInput;
use serde_json::{Value, json};
use url::Url;

use crate::client::Body;

/// A link with the kind that its host tells.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Link<'a> {
    /// The vendor's kind.
    pub(super) kind: &'static str,
    /// The link.
    pub(super) url: &'a str,
}

/// What `candidate.create` calls the kinds that it takes.
const ON_CREATE: &[(&str, &str)] = &[
    ("LinkedIn", "linkedInUrl"),
    ("GitHub", "githubUrl"),
    ("Website", "website"),
];

const HOSTS: &[(&str, &str)] = &[
    ("linkedin.com", "LinkedIn"),
    ("github.com", "GitHub"),
    ("twitter.com", "Twitter"),
    ("x.com", "Twitter"),
    ("medium.com", "Medium"),
    ("stackoverflow.com", "StackOverflow"),
    ("youtube.com", "YouTube"),
    ("youtu.be", "YouTube"),
    ("codepen.io", "CodePen"),
];

/// The links of an input, each once.
pub(super) fn read(inputs: &[SocialLinkInput]) -> Vec<Link<'_>> {
    let mut links: Vec<Link<'_>> = Vec::new();
    for input in inputs {
        let url = input.url.trim();
        if links.iter().all(|known| !is_same(known.url, url)) {
            links.push(Link {
                kind: kind_of(url),
                url,
            });
        }
    }
    links
}

fn kind_of(url: &str) -> &'static str {
    let url = Url::parse(url).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    let is = |known: &str| {
        let rest = host.strip_suffix(known);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let known = HOSTS.iter().find(|(known, _)| is(known));
    known.map_or("Website", |(_, kind)| kind)
}

/// Puts the first link of each kind that `candidate.create` takes into its body.
pub(super) fn put_on_create(links: &[Link<'_>], body: &mut Body) {
    for (kind, member) in ON_CREATE {
        if let Some(link) = links.iter().find(|link| link.kind == *kind) {
            body.insert((*member).into(), link.url.into());
        }
    }
}

/// The links that such a body makes, as the vendor lists them.
pub(super) fn of_created(mut body: Body) -> Vec<Value> {
    let links = ON_CREATE.iter().filter_map(|(kind, member)| {
        let url = body.remove(*member)?;
        Some(json!({ "type": kind, "url": url }))
    });
    links.collect()
}

/// The whole list, if a link is missing in the `known` one.
pub(super) fn merged(known: &[Value], links: &[Link<'_>]) -> Option<Vec<Value>> {
    let has = |link: &&Link<'_>| {
        let mut urls = known.iter().filter_map(|known| known["url"].as_str());
        urls.any(|url| is_same(url, link.url))
    };
    let new: Vec<Value> = links
        .iter()
        .filter(|link| !has(link))
        .map(|link| json!({ "type": link.kind, "url": link.url }))
        .collect();
    (!new.is_empty()).then(|| known.iter().cloned().chain(new).collect())
}

/// Whether two links lead to the same place as far as their form tells.
fn is_same(one: &str, other: &str) -> bool {
    let plain = |url: &str| {
        let url = url.trim().trim_end_matches('/');
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        rest.strip_prefix("www.").unwrap_or(rest).to_lowercase()
    };
    plain(one) == plain(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(urls: &[&str]) -> Vec<SocialLinkInput> {
        let inputs = urls.iter().map(|url| SocialLinkInput {
            url: (*url).to_owned(),
        });
        inputs.collect()
    }

    #[test]
    fn the_host_tells_the_kind() {
        for (url, kind) in [
            ("https://www.linkedin.com/in/a", "LinkedIn"),
            ("http://de.linkedin.com/in/a", "LinkedIn"),
            ("https://github.com/a", "GitHub"),
            ("https://notgithub.com/a", "Website"),
            ("https://github.com.evil.example/a", "Website"),
            ("https://x.com/a", "Twitter"),
            ("https://a.medium.com/b", "Medium"),
            ("https://youtu.be/a", "YouTube"),
            ("https://example.com/?to=github.com", "Website"),
        ] {
            assert_eq!(kind_of(url), kind, "{url}");
        }
    }

    #[test]
    fn one_link_of_each_kind_goes_with_the_creation() {
        let inputs = inputs(&[
            "https://a.example",
            "https://www.a.example/",
            "https://b.example",
            "https://github.com/a",
            "https://x.com/a",
        ]);
        let links = read(&inputs);
        assert_eq!(links.len(), 4, "one came twice");
        let mut body = Body::new();
        put_on_create(&links, &mut body);
        let expected =
            json!({ "website": "https://a.example", "githubUrl": "https://github.com/a" });
        assert_eq!(Value::from(body), expected);
    }

    #[test]
    fn a_list_keeps_what_was_there_and_is_only_made_for_something_new() {
        let known = [json!({ "type": "Website", "url": "https://www.github.com/a/", "x": 1 })];
        let same = inputs(&["http://github.com/A"]);
        assert_eq!(merged(&known, &read(&same)), None);
        let new = inputs(&["https://x.com/a"]);
        let expected = [
            known[0].clone(),
            json!({ "type": "Twitter", "url": "https://x.com/a" }),
        ];
        assert_eq!(merged(&known, &read(&new)).unwrap(), expected);
    }
}
