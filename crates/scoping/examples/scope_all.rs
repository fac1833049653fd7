//! Scopes every document of a folder into another, as JSON.
#![allow(clippy::all, clippy::pedantic, clippy::restriction, missing_docs, unused)]
fn main() {
    let args: Vec<String> = std::env::args().collect();
    for entry in std::fs::read_dir(&args[1]).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "md") || path.ends_with("LABELLING.md") { continue; }
        let text = std::fs::read_to_string(&path).unwrap();
        let scoped = handoff_scoping::RuleScoper::default().scope(&text).unwrap();
        let lines: Vec<u32> = scoped.tickets.iter().map(|t| t.source_line).collect();
        let out: Vec<serde_json::Value> = scoped.tickets.iter().map(|t| serde_json::json!({
            "title": t.content.title, "description": t.content.description, "ticket_type": t.content.ticket_type,
            "priority": t.content.priority.as_ref().map(|p| p.to_string()), "labels": t.content.labels,
            "acceptance_criteria": t.content.acceptance_criteria, "source_line": t.source_line,
            "source_end_line": t.source_end_line, "parent_line": t.parent.map(|p| lines[p]),
            "assignee": t.content.assignee, "due_on": t.content.due_on.map(|d| d.to_string()), "effort": t.content.estimated_effort,
        })).collect();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        std::fs::write(format!("{}/{}.json", args[2], stem), serde_json::to_string_pretty(&out).unwrap()).unwrap();
    }
}
