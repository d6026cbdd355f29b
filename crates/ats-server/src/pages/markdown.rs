//! The Markdown of guides as HTML. What is written as HTML there is shown as text, and links lead to
//! `https` only, so that a guide can never be more than text.

use maud::{Markup, PreEscaped};
use pulldown_cmark::{CowStr, Event, Parser, Tag, TagEnd, html};

/// A line that stands for the table of boxes to tick.
pub(super) const PERMISSIONS: &str = "{permissions}";

/// The text as HTML; `boxes` stands where the line `{permissions}` is.
pub(super) fn rendered(text: &str, boxes: &Markup) -> Markup {
    let mut parts = text.split(PERMISSIONS);
    let mut shown = parts.next().map(plain).unwrap_or_default();
    for part in parts {
        shown.push_str(&boxes.0);
        shown.push_str(&plain(part));
    }
    PreEscaped(shown)
}

fn plain(text: &str) -> String {
    let events = Parser::new(text).filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::Link {
            dest_url, title, ..
        }) if is_safe(&dest_url) => Some(Event::Start(Tag::Link {
            link_type: pulldown_cmark::LinkType::Inline,
            dest_url,
            title,
            id: CowStr::Borrowed(""),
        })),
        // The text of any other link stays; where it leads to is left out.
        Event::Start(Tag::Link { .. }) => Some(Event::Text(CowStr::Borrowed(""))),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => None,
        event => Some(event),
    });
    let mut shown = String::new();
    html::push_html(&mut shown, events);
    shown
}

fn is_safe(url: &str) -> bool {
    url.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use maud::html;

    use super::*;

    fn shown(text: &str) -> String {
        rendered(text, &html! { table {} }).0
    }

    #[test]
    fn the_little_that_guides_use_is_rendered() {
        assert_eq!(
            shown("Go to **A > B**."),
            "<p>Go to <strong>A &gt; B</strong>.</p>\n"
        );
        assert!(shown("- one\n- two").contains("<li>two</li>"));
        assert!(shown("```console\n$ ats <x>\n```").contains("$ ats &lt;x&gt;"));
        assert!(shown("`a`").contains("<code>a</code>"));
    }

    #[test]
    fn the_boxes_stand_where_their_line_is() {
        let text = shown("Before.\n\n{permissions}\n\nAfter.");
        let table = text.find("<table></table>").unwrap();
        assert!(text.find("Before.").unwrap() < table && table < text.find("After.").unwrap());
    }

    #[test]
    fn html_and_other_links_are_only_text() {
        for text in [
            "<script>alert(1)</script>",
            "a <img src=x onerror=alert(1)> b",
            "[x](javascript:alert(1))",
            "![x](https://example.com/x.png)",
        ] {
            let shown = shown(text);
            assert!(
                !shown.contains("<script") && !shown.contains("<img"),
                "{shown}"
            );
            assert!(!shown.contains("href"), "{shown}");
        }
        assert!(shown("[x](https://example.com)").contains("href=\"https://example.com\""));
    }
}
