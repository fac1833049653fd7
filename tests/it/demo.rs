//! `handoff demo`, the first thing a stranger sees.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use acceptance::handoff;

fn demo(folder: &Path, file: Option<&Path>) -> Output {
    let mut command = handoff();
    command.arg("demo").current_dir(folder);
    if let Some(file) = file {
        command.arg(file);
    }
    command.output().unwrap()
}

/// The numbers of the last line: generated, pushed, done, failed.
#[track_caller]
fn tally(output: &Output) -> [u32; 4] {
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    let mut words = last.split([' ', ',']).filter(|word| !word.is_empty());
    assert_eq!(words.next(), Some("ok:"), "{text}\n{output:?}");
    ["generated", "pushed", "done", "failed"].map(|name| {
        let number = words.next().unwrap().parse().unwrap();
        assert_eq!(words.next(), Some(name), "{last}");
        number
    })
}

fn shared_documents() -> Vec<PathBuf> {
    let shared = std::env::var_os("HANDOFF_SHARED_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let Ok(entries) = fs::read_dir(shared.join("documents")) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    let is_labelled = |path: &PathBuf| path.with_extension("gold.json").is_file();
    let mut files: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|kind| kind == "md"))
        .filter(is_labelled)
        .collect();
    files.sort_unstable();
    files
}

#[test]
fn without_arguments_it_goes_the_whole_journey_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let output = demo(folder.path(), None);
    assert!(output.status.success(), "{output:?}");
    let [generated, pushed, done, failed] = tally(&output);
    assert!(generated > 2 && pushed == generated, "{generated} {pushed}");
    assert_eq!((done, failed), (2, 0));
    let text = String::from_utf8_lossy(&output.stdout);
    let last = format!("ok: {generated} generated, {pushed} pushed, 2 done, 0 failed");
    assert!(text.ends_with(&format!("\n{last}\n")), "{text}");
    assert!(!text.contains('\u{1b}'), "plain lines without a terminal");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    for word in ["KEY", "PRIORITY", "STATUS", "LINK"] {
        assert!(text.contains(word), "{text}");
    }
    let rows = text.lines().map(str::trim_start);
    let rows: Vec<&str> = rows.filter(|line| line.starts_with("SHOP-")).collect();
    assert_eq!(rows.len(), usize::try_from(pushed).unwrap());
    assert!(rows.iter().all(|row| row.contains("/browse/SHOP-")));
    assert_eq!(rows.iter().filter(|row| row.contains(" Done ")).count(), 2);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn each_of_the_shared_documents_is_delivered_whole() {
    let files = shared_documents();
    if files.is_empty() {
        println!("skipped: there is no folder of shared documents");
    }
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let output = demo(folder.path(), Some(&file));
        assert!(output.status.success(), "{}: {output:?}", file.display());
        let [generated, pushed, done, failed] = tally(&output);
        assert_eq!(
            (pushed, done, failed),
            (generated, generated.min(2), 0),
            "{}",
            file.display()
        );
    }
}

#[test]
fn a_document_without_work_is_told_so_and_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.md");
    for content in [
        "# Notes\n\nWe met on Monday and talked about the weather.\n",
        "",
        "\n\n",
    ] {
        fs::write(&file, content).unwrap();
        let output = demo(folder.path(), Some(&file));
        assert!(output.status.success(), "{content:?} {output:?}");
        assert_eq!(tally(&output), [0, 0, 0, 0]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.ends_with("\nok: 0 generated, 0 pushed, 0 done, 0 failed\n"));
        assert!(text.contains("no work"), "{text}");
    }
}

#[test]
fn a_single_ticket_is_delivered_too_and_a_strange_title_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.md");
    let title = "t".repeat(5_000);
    fs::write(
        &file,
        format!("# {title}\n\n## Tasks\n\n- [ ] Write the importer\n"),
    )
    .unwrap();
    let output = demo(folder.path(), Some(&file));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(tally(&output), [1, 1, 1, 0]);
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    let binary = folder.path().join("binary.md");
    fs::write(&binary, [0xff, 0xfe, 0x00]).unwrap();
    for file in [
        folder.path().join("missing.md"),
        folder.path().to_owned(),
        binary,
    ] {
        let output = demo(folder.path(), Some(&file));
        assert!(!output.status.success(), "{output:?}");
        let text = String::from_utf8_lossy(&output.stderr);
        let name = file.file_name().unwrap().to_string_lossy();
        assert!(text.contains(&*name) && text.lines().count() < 4, "{text}");
        assert!(output.stdout.is_empty(), "{output:?}");
    }
}
