//! Markdown to ADF and back, judged by Atlassian's schema and by the rules that Jira adds to it.

mod conversion;
mod cutting;
mod documents;
mod properties;
mod reading;
mod rules;
mod size;
