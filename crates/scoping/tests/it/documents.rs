//! The labelled real documents that lie beside the repository: the table of their scores, and the bars that they must reach.
//!
//! The documents are not ours to publish; where their folder is absent the test says so and passes. `cases.rs` is its twin in
//! the repository.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use handoff_domain::scoping::model::ScopedDocument;
use serde_json::{Value, json};

use super::shown::scope;

/// `HANDOFF_SHARED_DIR`, else the folder `shared` beside the repository.
fn labelled_documents() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = env::var_os("HANDOFF_SHARED_DIR")
        .map_or(beside, PathBuf::from)
        .join("documents");
    folder.join("score.py").is_file().then_some(folder)
}

fn as_json(document: &ScopedDocument) -> Value {
    let line = |place: usize| document.tickets[place].source_line;
    let tickets = document.tickets.iter().map(|ticket| {
        json!({
            "title": ticket.content.title,
            "description": ticket.content.description,
            "ticket_type": ticket.content.ticket_type,
            "priority": ticket.content.priority.as_ref().map(ToString::to_string),
            "labels": ticket.content.labels,
            "acceptance_criteria": ticket.content.acceptance_criteria,
            "source_line": ticket.source_line,
            "parent_line": ticket.parent.map(line),
        })
    });
    tickets.collect()
}

/// Runs the scorer that lies with the documents.
fn score(documents: &Path, made: &Path, flags: &[&str]) -> Option<String> {
    let output = Command::new("python3")
        .arg(documents.join("score.py"))
        .arg("--all")
        .args([documents, made])
        .args(flags)
        .output();
    let output = output.ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

#[test]
fn labelled_documents_reach_their_bars() {
    let Some(folder) = labelled_documents() else {
        println!("skipped: the labelled documents are not beside the repository");
        return;
    };
    let made = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if let Some(slug) = name.strip_suffix(".gold.json") {
            let markdown = fs::read_to_string(folder.join(format!("{slug}.md"))).unwrap();
            let tickets = as_json(&scope(&markdown));
            fs::write(
                made.path().join(format!("{slug}.json")),
                tickets.to_string(),
            )
            .unwrap();
        }
    }
    let Some(table) = score(&folder, made.path(), &[]) else {
        println!("skipped: python3 is needed to run the scorer");
        return;
    };
    println!("{table}");
    let scores: Value =
        serde_json::from_str(&score(&folder, made.path(), &["--json"]).unwrap()).unwrap();
    let mean = |group: &str, figure: &str| scores["means"][group][figure].as_f64().unwrap();
    let total = |figure: &str| scores["total"][figure].as_f64().unwrap();
    assert!(
        mean("all", "f1") >= 0.90,
        "mean F1 is {}",
        mean("all", "f1")
    );
    assert!(mean("all", "f1_strict") >= 0.78);
    assert!(mean("structured", "f1") >= 0.93);
    assert!(total("parent_f1") >= 0.90);
    assert!(
        total("violations") < 0.5,
        "{} tickets where there must be none",
        total("violations")
    );
    assert!(total("priority_stated_ok") >= 0.95 * total("priority_stated"));
    assert!(total("ac_exact") >= 0.95 * total("ac_scored"));
    assert!(total("title_long") <= 0.05 * total("all_made"));
    assert!(total("title_cut") < 0.5, "a title ends in the middle");
    assert!(total("echoes") <= 0.10 * total("all_made"));
    let documents = scores["documents"].as_object().unwrap();
    for (slug, figures) in documents {
        let has_work = figures["gold"].as_f64().unwrap() > 0.5;
        assert!(
            !has_work || figures["made"].as_f64().unwrap() > 0.5,
            "{slug} gives nothing"
        );
    }
}
