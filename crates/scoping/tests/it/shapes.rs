//! Documents of one shape each, as long as wanted: for tests of bounds and for the benchmark.

/// A document of about `bytes` bytes that repeats one unit under a heading; the unit's number takes the place of `#`.
pub(crate) fn repeated(head: &str, unit: &str, bytes: usize) -> String {
    let mut text = head.to_owned();
    let mut number = 0;
    while text.len() < bytes {
        text.push_str(&unit.replace("{n}", &number.to_string()));
        number += 1;
    }
    text
}

const STORIES: &str = "# R\n\n## User stories\n\n";

/// Shapes that once took more than their share, and their neighbours.
pub(crate) fn shapes(bytes: usize) -> Vec<(&'static str, String)> {
    let table = "# R\n\n## Requirements\n\n| ID | Requirement | Priority |\n|---|---|---|\n";
    let shape = |name: &'static str, head: &str, unit: &str| (name, repeated(head, unit, bytes));
    vec![
        shape("items", STORIES, "- x\r\n"),
        shape("boxes", STORIES, "- [ ] do it\n"),
        shape("tags", STORIES, "- <rtl>\n"),
        shape("headings", STORIES, "###### a\n"),
        shape(
            "stories",
            STORIES,
            "### Story {n}\n\nAs a user I want {n}.\n\n**Acceptance criteria**\n\n- ok {n}\n\n",
        ),
        shape(
            "rows",
            table,
            "| R-{n} | The system must export {n} | High |\n",
        ),
        shape("ids", STORIES, "- US-1.1.1.1 REQ-12 do it\n"),
        shape("prose", STORIES, "The system must export all of it. "),
        shape(
            "paragraphs",
            "# R\n\n## Proposal\n\n",
            "The system must export all of it {n}.\n\n",
        ),
        shape(
            "notices under the title",
            "# R\n\n",
            "TODO: buy rope {n}\n\n",
        ),
        shape("notices without a heading", "", "TODO: buy rope {n}\n\n"),
        shape("quotes", "", "> "),
        shape("brackets", "", "["),
        shape("stars", "", "*a _b "),
        shape("bold lines", "", "**Bold**\n\n"),
        shape(
            "same titles",
            "",
            "## S{n}\n\n- [ ] Write the same old test again\n\n",
        ),
        shape(
            "epics",
            "",
            "## Epic {n}: E\n\nGoal.\n\n- [ ] T{n} do {n}\n\n",
        ),
        shape(
            "lists of one",
            "# R\n\n## Requirements\n\n",
            "Now {n}:\n\n- Store {n}\n\n",
        ),
        shape("scenarios", STORIES, "Given a {n}\nWhen b\nThen c\n"),
        shape("japanese", STORIES, "- 要件を追加する\n"),
        shape("marks", STORIES, "- ✅ a\n- 🔲 b\n"),
        shape("long line", "## Tasks\n\n- ", "word "),
        shape(
            "long cell",
            "## T\n\n| ID | Task |\n|--|--|\n| T-1 | ",
            "word<br>",
        ),
        shape("html list", "## Tasks\n\n<ul>", "<li>do it {n}</li>"),
        ("links", links(bytes)),
        ("nesting", nested(bytes)),
    ]
}

fn links(bytes: usize) -> String {
    let items = repeated("## Tasks\n\n", "- do [x][l{n}] now\n", bytes / 2);
    repeated(
        &format!("{items}\n"),
        "[l{n}]: https://x.example/{n}\n",
        bytes,
    )
}

fn nested(bytes: usize) -> String {
    let mut text = String::new();
    let mut depth = 0;
    while text.len() < bytes {
        text.push_str(&"  ".repeat(depth % 300));
        text.push_str("- a\n");
        depth += 1;
    }
    text
}
