//! Links and images: which become links, and what else keeps their address.

use pulldown_cmark::LinkType;

use super::super::address::{safe_href, visible_address};
use super::super::degradation::DegradationKind;
use super::super::inline::{Link, on_one_line};
use super::builder::TreeBuilder;

/// A link or image that is open.
pub(super) struct OpenLink {
    address: String,
    /// What the inline builder had taken before the link's text.
    start: usize,
    target: Target,
}

enum Target {
    /// The text becomes a link.
    Followed,
    /// The text stays text and the address is shown after it.
    Shown,
    /// The text is part of an outer link.
    Outer,
}

impl TreeBuilder<'_> {
    pub(super) fn start_link(
        &mut self,
        link_type: LinkType,
        dest: &str,
        title: &str,
        is_image: bool,
    ) {
        if is_image {
            self.degrade(DegradationKind::Image);
        }
        let address = match link_type {
            LinkType::Email => format!("mailto:{dest}"),
            _ => dest.to_owned(),
        };
        let target = if self.style.link.is_some() {
            Target::Outer
        } else if let Some(href) = safe_href(&on_one_line(&address)) {
            self.n_links += 1;
            self.style.link = Some(Link {
                id: self.n_links,
                href,
                title: link_title(title),
            });
            Target::Followed
        } else {
            Target::Shown
        };
        if matches!(target, Target::Shown) && !is_image {
            self.degrade(DegradationKind::UnsafeLink);
        }
        self.links.push(OpenLink {
            address,
            start: self.inline.pushed(),
            target,
        });
    }

    pub(super) fn end_link(&mut self) {
        let Some(link) = self.links.pop() else {
            return;
        };
        let has_text = self.inline.pushed() > link.start;
        let address = visible_address(&link.address);
        match link.target {
            Target::Outer => {}
            Target::Followed => {
                if !has_text {
                    self.inline.push_text(&address, &self.style);
                }
                self.style.link = None;
            }
            Target::Shown if !has_text => self.inline.push_text(&address, &self.style),
            Target::Shown => {
                let is_visible = self.inline.ends_with_exactly(link.start, &link.address);
                if !is_visible && !address.is_empty() {
                    self.inline.push_text(&format!(" ({address})"), &self.style);
                }
            }
        }
    }
}

fn link_title(title: &str) -> Option<String> {
    let words: Vec<&str> = title.split_whitespace().collect();
    let title = on_one_line(&words.join(" ")).into_owned();
    (!title.is_empty()).then_some(title)
}
