//! Times shapes.
#![allow(clippy::all, clippy::pedantic, clippy::restriction, missing_docs, unused)]
fn main() {
    let n: usize = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(1 << 20);
    let fill = |unit: &str| { let mut s = String::from("# R\n\n## User stories\n\n"); while s.len() < n { s.push_str(unit); } s };
    let many = |f: &dyn Fn(usize) -> String| { let mut s = String::from("# R\n\n## Requirements\n\n"); let mut i = 0; while s.len() < n { s.push_str(&f(i)); i += 1; } s };
    let shapes: Vec<(&str, String)> = vec![
        ("items x", fill("- x\r\n")), ("boxes", fill("- [ ] do it\n")), ("html", fill("- <rtl>\n")), ("headings", fill("###### a\n")),
        ("stories", many(&|i| format!("### Story {i}\n\nAs a user I want {i}.\n\n**Acceptance criteria**\n\n- ok {i}\n\n"))),
        ("table", { let mut s = String::from("# R\n\n## Requirements\n\n| ID | Requirement | Priority |\n|---|---|---|\n"); let mut i = 0; while s.len() < n { s.push_str(&format!("| R-{i} | The system must export {i} | High |\n")); i += 1; } s }),
        ("ids in items", fill("- US-1.1.1.1 REQ-12 do it\n")), ("prose", fill("The system must export all of it and will keep what it has. ")), ("paragraphs", fill("The system must export all of it.\n\n")),
        ("quotes", fill("> ")), ("nested lists", { let mut s = String::from("# R\n\n"); let mut i = 0; while s.len() < n { s.push_str(&"  ".repeat(i % 400)); s.push_str("- a\n"); i += 1; } s }),
        ("brackets", fill("[")), ("stars", fill("*a _b ")), ("bold lines", fill("**Bold**\n\n")), ("links", { let mut s = String::from("# R\n\n## Tasks\n\n"); let mut i = 0; while s.len() < n / 2 { s.push_str(&format!("- do [x][l{i}] now\n")); i += 1; } s.push('\n'); for j in 0..i { s.push_str(&format!("[l{j}]: https://x.example/{j}\n")); } s }),
        ("footnotes", { let mut s = String::from("# R\n\n## Tasks\n\n"); let mut i = 0; while s.len() < n / 2 { s.push_str(&format!("- do it[^{i}] now\n")); i += 1; } s.push('\n'); for j in 0..i { s.push_str(&format!("[^{j}]: note {j}\n\n")); } s }),
        ("code", fill("```\ncode\n```\n\n")), ("one line item", { let mut s = String::from("## Tasks\n\n- "); while s.len() < n { s.push_str("word "); } s }), ("one cell", { let mut s = String::from("## T\n\n| ID | Task |\n|--|--|\n| T-1 | "); while s.len() < n { s.push_str("word<br>"); } s + "|\n" }),
        ("same titles", many(&|i| format!("## S{i}\n\n- [ ] Write the same old test again\n\n"))), ("epics", many(&|i| format!("## Epic {i}: E\n\nGoal.\n\n- [ ] T{i} do {i}\n\n"))), ("ul", format!("<ul>{}</ul>", "<li>do it</li>".repeat(n / 15))), ("gherkin", many(&|i| format!("Given a {i}\nWhen b\nThen c\n"))), ("hiragana", fill("- 要件を追加する\n")), ("emoji", fill("- ✅ a\n- 🔲 b\n")), ("wide table", { let mut s = String::new(); s.push_str(&"| a ".repeat(n / 12)); s.push_str("|\n"); s.push_str(&"|---".repeat(n / 12)); s.push_str("|\n"); s.push_str(&"| x ".repeat(n / 12)); s + "|\n" }),
    ];
    let want = std::env::args().nth(2);
    for (name, text) in shapes {
        if want.as_deref().is_some_and(|w| w != name) { continue; }
        let t = std::time::Instant::now();
        let limits = handoff_scoping::Limits { tickets: 100_000_000, blocks: 100_000_000 };
        let free = handoff_scoping::RuleScoper::new(limits).scope(&text);
        let a = t.elapsed().as_secs_f64();
        let t = std::time::Instant::now();
        let bound = handoff_scoping::RuleScoper::default().scope(&text).map(|s| s.tickets.len()).map_err(|e| e.to_string());
        println!("{name:<14} {} B  free {a:.2}s {:?}  bound {:.2}s {bound:?}", text.len(), free.map(|s| s.tickets.len()).map_err(|e| e.to_string()), t.elapsed().as_secs_f64());
    }
}
