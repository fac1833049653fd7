//! Real documents.

use jira_client::adf;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::rules::{converted, shared};

/// The words that a reader sees: letters and digits of the rendered text, split at all else.
fn visible_words(markdown: &str) -> Vec<String> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
    let mut visible = String::new();
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::InlineHtml(html) if html.starts_with("<br") => visible.push(' '),
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                visible.push_str(&text);
            }
            Event::SoftBreak | Event::HardBreak | Event::Start(Tag::List(_)) => visible.push(' '),
            Event::End(
                TagEnd::Strong | TagEnd::Emphasis | TagEnd::Strikethrough | TagEnd::Link,
            ) => {}
            Event::End(_) => visible.push(' '),
            _ => {}
        }
    }
    words(&visible)
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The words of the text nodes, without the markers that plain text has for items.
fn document_words(document: &adf::Document) -> Vec<String> {
    fn write(node: &adf::Node, text: &mut String) {
        match node {
            adf::Node::Text { text: part, .. } => text.push_str(part),
            adf::Node::CodeBlock { text: part, .. } => {
                text.push_str(part);
                text.push(' ');
            }
            adf::Node::HardBreak => text.push(' '),
            parent => {
                parent
                    .children()
                    .iter()
                    .for_each(|child| write(child, text));
                text.push(' ');
            }
        }
    }
    let mut text = String::new();
    document
        .content
        .iter()
        .for_each(|node| write(node, &mut text));
    words(&text)
}

#[test]
fn real_documents_keep_every_word_and_read_back() {
    let Some(folder) = shared("documents") else {
        return;
    };
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let markdown_files = files.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let mut n_files = 0;
    for path in markdown_files {
        let markdown = std::fs::read_to_string(&path).unwrap();
        let conversion = converted(&markdown);
        let found = document_words(&conversion.document);
        let expected = visible_words(&markdown);
        // The address of a link that is no longer one comes on top.
        let mut rest = found.iter();
        let missing = expected
            .iter()
            .find(|word| !rest.any(|other| other == *word));
        assert_eq!(missing, None, "{}", path.display());
        assert!(found.len() == expected.len() || !conversion.degraded.is_empty());
        let written = adf::to_markdown(&conversion.document);
        assert_eq!(
            converted(&written).document,
            conversion.document,
            "{written}"
        );
        n_files += 1;
    }
    assert!(n_files > 0);
}

#[test]
fn ordinary_markdown_is_written_the_way_people_write_it() {
    let markdown = "\
# Login 2.0: single sign-on

As a *user* I want **one [account](https://example.com/a_(b))**, see <https://example.com>.
Use `POST /login` or snake_case & ~~forms~~.\\
R&D agrees: 3 < 4 \\* 5!

- Fast
  - under 100 ms
  - p99
- Safe

3. Third

   With a second paragraph.

   ```rust
   fn main() {}
   ```
4. Fourth

- [ ] Open
- [x] Done
  - [ ] Sub-task

> Quoted **text**
>
> - item

---

| Name | Value |
| --- | --- |
| a | `b \\| c` |
|  | d<br>e |";
    let document = converted(markdown).document;
    let expected = markdown
        .replace("<https://example.com>.\nUse", "<https://example.com>. Use")
        .replace("3 < 4", "3 \\< 4")
        .replace(
            "(https://example.com/a_(b))",
            "(<https://example.com/a_(b)>)",
        );
    assert_eq!(adf::to_markdown(&document), expected);
}
