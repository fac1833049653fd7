//! Each `cases/NAME.md` gives what stands in `cases/NAME.expected`.
//!
//! A new case needs the document alone: `UPDATE_EXPECT=1 cargo test -p handoff-scoping cases` writes what the rules make of it,
//! for its author to read.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::shown::{scope, shown};

/// The documents in `cases`, in the order of their names.
pub(crate) fn documents() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut documents: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    documents.sort();
    documents
}

#[test]
fn every_case_gives_what_is_expected() {
    let documents = documents();
    assert!(documents.len() > 20, "the cases are gone");
    let is_update = env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    for document in documents {
        let made = shown(&scope(&fs::read_to_string(&document).unwrap()));
        let file = document.with_extension("expected");
        if is_update {
            fs::write(&file, made).unwrap();
        } else if fs::read_to_string(&file).unwrap_or_default() != made {
            wrong.push(format!("{}:\n{made}", file.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "UPDATE_EXPECT=1 writes these:\n{}",
        wrong.join("\n")
    );
}
