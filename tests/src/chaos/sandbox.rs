//! The sandbox as a process, and its control calls.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use serde_json::Value;

use super::program::Program;
use crate::app::beside_this_program;

/// A running sandbox.
#[derive(Debug)]
pub(crate) struct SandboxProcess {
    pub(crate) control: Control,
    _program: Program,
}

impl SandboxProcess {
    pub(crate) fn start(folder: &Path, flags: &[&str]) -> Result<Self> {
        let named = std::env::var_os("JIRA_SANDBOX_BIN").map(PathBuf::from);
        let binary = named.unwrap_or_else(|| beside_this_program("jira-sandbox"));
        ensure!(
            binary.is_file(),
            "there is no {}: build it with `cargo build -p jira-sandbox`",
            binary.display()
        );
        let mut command = Command::new(binary);
        command.args(["--port", "0"]).args(flags);
        let mut program = Program::start(command, &folder.join("sandbox.log"))?;
        let base_url = program.address(announced).context("the sandbox")?;
        let control = Control {
            http: reqwest::Client::new(),
            base_url,
        };
        Ok(Self {
            control,
            _program: program,
        })
    }
}

fn announced(line: &str) -> Option<String> {
    let address = line.strip_prefix("Atlassian sandbox")?.trim();
    address.starts_with("http").then(|| address.to_owned())
}

/// The calls by which the sandbox is interfered with.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    http: reqwest::Client,
    pub(crate) base_url: String,
}

impl Control {
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        self.call(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Value> {
        self.call(Method::DELETE, path, None).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut request = self
            .http
            .request(method, format!("{}/sandbox/{path}", self.base_url));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.context("the sandbox is gone")?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "the sandbox refuses {path}: {text}");
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }
}
