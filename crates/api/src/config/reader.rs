//! Reads single keys out of the merged layers and gathers every fault.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use figment::providers::{Format as _, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use secrecy::SecretString;

use super::{ConfigError, Fault};

const ENV_PREFIX: &str = "HANDOFF__";
const DEFAULT_FILE: &str = "handoff.toml";

/// Which file settings are read from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SettingsFile {
    /// `handoff.toml` in the working folder, where there is one.
    #[default]
    WhereThere,
    /// This one.
    Named(PathBuf),
    /// None.
    Never,
}

/// Where settings come from, besides the defaults.
#[derive(Debug, Default)]
pub struct Sources {
    /// The file.
    pub file: SettingsFile,
    /// The environment; only names that begin with `HANDOFF__` are looked at.
    pub environment: Vec<(String, String)>,
    /// Keys given as flags, such as `server.bind`.
    pub flags: Vec<(String, String)>,
}

impl Sources {
    /// The process's environment, the given file and flags.
    #[must_use]
    pub fn from_process(file: Option<PathBuf>, flags: Vec<(String, String)>) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| {
                Some((
                    name.into_string().ok()?,
                    value.to_string_lossy().into_owned(),
                ))
            })
            .collect();
        Self {
            file: file.map_or_else(SettingsFile::default, SettingsFile::Named),
            environment,
            flags,
        }
    }
}

/// One layer of texts; unlike figment's own, it leaves `007` and `true` as they were written.
struct Layer {
    name: &'static str,
    entries: Vec<(String, String)>,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name)
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let mut dict = Dict::new();
        for (key, value) in &self.entries {
            insert(&mut dict, key, value);
        }
        Ok(Profile::Default.collect(dict))
    }
}

fn insert(dict: &mut Dict, key: &str, value: &str) {
    let Some((section, rest)) = key.split_once('.') else {
        dict.insert(key.to_owned(), Value::from(value));
        return;
    };
    let inner = dict
        .entry(section.to_owned())
        .or_insert_with(|| Value::from(Dict::new()));
    match inner {
        Value::Dict(_, inner) => insert(inner, rest, value),
        // A section given as a value is a fault of its own, which the empty rest of it must not hide.
        _ => drop(dict.insert(format!("{section}.{rest}"), Value::from(value))),
    }
}

pub(super) struct Reader {
    figment: Figment,
    known: BTreeSet<&'static str>,
    faults: Vec<Fault>,
}

impl Reader {
    pub(super) fn open(sources: Sources) -> Result<Self, ConfigError> {
        let mut faults = Vec::new();
        let mut figment = Figment::new();
        match &sources.file {
            SettingsFile::Named(file) if !file.is_file() => faults.push(Fault::new(
                "--config",
                format!("there is no file {}", file.display()),
            )),
            SettingsFile::Named(file) => figment = figment.merge(Toml::file_exact(file)),
            SettingsFile::WhereThere if Path::new(DEFAULT_FILE).is_file() => {
                figment = figment.merge(Toml::file_exact(DEFAULT_FILE));
            }
            SettingsFile::WhereThere | SettingsFile::Never => {}
        }
        let environment = sources.environment.into_iter().filter_map(|(name, value)| {
            let key = name
                .strip_prefix(ENV_PREFIX)?
                .to_ascii_lowercase()
                .replace("__", ".");
            Some((key, value))
        });
        let figment = figment
            .merge(Layer {
                name: "the environment",
                entries: environment.collect(),
            })
            .merge(Layer {
                name: "the command line",
                entries: sources.flags,
            });
        if let Err(error) = figment.data() {
            faults.extend(
                error
                    .into_iter()
                    .map(|error| Fault::new(DEFAULT_FILE, error.kind.to_string().trim_end())),
            );
            return Err(ConfigError { faults });
        }
        Ok(Self {
            figment,
            known: BTreeSet::new(),
            faults,
        })
    }

    pub(super) fn fault(&mut self, key: &str, message: impl Into<String>) {
        let source = self
            .figment
            .find_metadata(key)
            .map_or_else(String::new, |metadata| {
                format!(" (in {})", source_name(metadata))
            });
        self.faults
            .push(Fault::new(format!("{key}{source}"), message));
    }

    fn value(&mut self, key: &'static str) -> Option<Value> {
        self.known.insert(key);
        self.figment.find_value(key).ok()
    }

    /// A key as text; an empty one counts as absent.
    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        let text = match self.value(key)? {
            Value::String(_, text) => text,
            Value::Num(_, number) => number.to_i128().map_or_else(
                || number.to_f64().unwrap_or_default().to_string(),
                |n| n.to_string(),
            ),
            Value::Bool(_, value) => value.to_string(),
            Value::Char(_, value) => value.to_string(),
            Value::Empty(..) => return None,
            Value::Dict(..) | Value::Array(..) => {
                self.fault(key, "expected a single value");
                return None;
            }
        };
        let text = text.trim().to_owned();
        (!text.is_empty()).then_some(text)
    }

    /// A key as a list: an array, or a text with commas.
    pub(super) fn list(&mut self, key: &'static str) -> Vec<String> {
        if let Some(Value::Array(_, items)) = self.value(key) {
            return items.into_iter().filter_map(Value::into_string).collect();
        }
        let text = self.text(key).unwrap_or_default();
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// A key in another form; says what was expected where it has not got it.
    pub(super) fn parsed<T: FromStr>(&mut self, key: &'static str, expected: &str) -> Option<T> {
        let text = self.text(key)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(_) => {
                self.fault(key, format!("expected {expected}"));
                None
            }
        }
    }

    /// A number within bounds.
    pub(super) fn number(&mut self, key: &'static str, least: u32, most: u32, default: u32) -> u32 {
        let expected = format!("a number from {least} to {most}");
        match self.parsed::<u32>(key, &expected) {
            Some(number) if (least..=most).contains(&number) => number,
            Some(_) => {
                self.fault(key, format!("expected {expected}"));
                default
            }
            None => default,
        }
    }

    /// A secret, from the key itself or from the file that another key names.
    pub(super) fn secret(
        &mut self,
        key: &'static str,
        file_key: &'static str,
    ) -> Option<SecretString> {
        let (direct, file) = (self.text(key), self.text(file_key));
        match (direct, file) {
            (Some(_), Some(_)) => {
                self.fault(key, format!("give either this or {file_key}, not both"));
                None
            }
            (Some(secret), None) => Some(SecretString::from(secret)),
            (None, Some(path)) => match fs::read_to_string(&path) {
                Ok(secret) if !secret.trim().is_empty() => {
                    Some(SecretString::from(secret.trim().to_owned()))
                }
                Ok(_) => {
                    self.fault(file_key, format!("the file {path} is empty"));
                    None
                }
                Err(error) => {
                    self.fault(
                        file_key,
                        format!("the file {path} cannot be read: {}", error.kind()),
                    );
                    None
                }
            },
            (None, None) => None,
        }
    }

    /// Ends the reading: whatever was given and never asked for is a fault, too.
    pub(super) fn finish(mut self) -> Result<(), ConfigError> {
        let mut given = Vec::new();
        if let Ok(data) = self.figment.data() {
            data.values().for_each(|dict| leaves("", dict, &mut given));
        }
        for key in given {
            if !self.known.contains(key.as_str()) {
                self.fault(&key, "there is no such key");
            }
        }
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(ConfigError {
                faults: self.faults,
            })
        }
    }
}

fn leaves(prefix: &str, dict: &Dict, found: &mut Vec<String>) {
    for (name, value) in dict {
        let key = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        match value {
            Value::Dict(_, inner) if !inner.is_empty() => leaves(&key, inner, found),
            _ => found.push(key),
        }
    }
}

fn source_name(metadata: &Metadata) -> String {
    let file = metadata
        .source
        .as_ref()
        .and_then(|source| source.file_path());
    file.map_or_else(
        || metadata.name.to_string(),
        |path| path.display().to_string(),
    )
}
