//! Runs a sandbox by itself until it is interrupted.
#![expect(clippy::print_stdout, reason = "the binary tells a person where to go")]
#![expect(
    clippy::print_stderr,
    reason = "the binary tells a person what is wrong"
)]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::{env, fs, thread};

use jira_sandbox::{Sandbox, SandboxConfig, SeedFile};

const USAGE: &str = "\
A stand-in for Atlassian Cloud: OAuth, Jira REST v3 and a board, over real HTTP.

Usage: jira-sandbox [OPTIONS]

  --port N                  port to listen on (8090; 0 takes a free one)
  --host ADDRESS            address to listen on (127.0.0.1)
  --latency-ms N            how long every request takes (0)
  --latency-per-issue-ms N  how much longer for each created issue (0)
  --search-lag-ms N         how long a write stays unseen by search (0)
  --extra-projects N        further projects on the site Acme (0)
  --extra-fields N          further fields on the create screens of SHOP (0)
  --callback URL            a registered callback; may be repeated (any)
  --client-id TEXT          the registered app's client id (sandbox-client)
  --client-secret TEXT      the registered app's secret
  --auto-consent            consent at once, without showing the page
  --quota-points N          points an hour after which Jira answers 429 (not enforced)
  --seed-file FILE          world, app, settings and faults in TOML; other flags win over it
  --set NAME=VALUE          any setting of /sandbox/settings; may be repeated
  --help                    this text
";

fn main() -> ExitCode {
    let config = match read(env::args().skip(1)) {
        Ok(Some(config)) => config,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            eprintln!("{problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match Sandbox::start(config.clone()) {
        Ok(sandbox) => run(&sandbox, &config),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(sandbox: &Sandbox, config: &SandboxConfig) -> ExitCode {
    let url = sandbox.base_url();
    println!("Atlassian sandbox   {url}");
    println!("console             {url}/");
    println!("authorize           {url}/authorize");
    println!("API and gateway     {url}");
    println!("board               {url}/board");
    println!("journal             {url}/sandbox/journal");
    println!("client id           {}", config.client_id);
    println!("client secret       {}", config.client_secret);
    loop {
        thread::park();
    }
}

/// Reads the flags; none where only help is asked for.
fn read(flags: impl Iterator<Item = String>) -> Result<Option<SandboxConfig>, String> {
    let mut config = SandboxConfig::default();
    let flags: Vec<_> = flags.collect();
    // Files first, so that every other flag wins over them wherever it stands.
    for pair in flags.windows(2) {
        if let [flag, path] = pair
            && flag == "--seed-file"
        {
            seed(&mut config, path)?;
        }
    }
    let mut flags = flags.into_iter();
    let (mut host, mut port) = (IpAddr::V4(Ipv4Addr::LOCALHOST), 8090);
    let mut callback_urls = Vec::new();
    while let Some(flag) = flags.next() {
        match flag.as_str() {
            "--help" | "-h" => return Ok(None),
            "--auto-consent" => {
                config.auto_consent = true;
                continue;
            }
            _ => {}
        }
        let value = flags
            .next()
            .ok_or_else(|| format!("{flag} needs a value"))?;
        let unreadable = || format!("{flag} cannot be '{value}'");
        let number = || value.parse::<u32>().map_err(|_| unreadable());
        let count = || value.parse::<usize>().map_err(|_| unreadable());
        let switches = &mut config.switches;
        match flag.as_str() {
            "--port" => port = value.parse().map_err(|_| unreadable())?,
            "--host" => host = value.parse().map_err(|_| unreadable())?,
            "--latency-ms" => switches.timing.latency_ms = number()?.into(),
            "--latency-per-issue-ms" => switches.timing.latency_per_issue_ms = number()?.into(),
            "--search-lag-ms" => switches.timing.search_lag_ms = number()?.into(),
            "--extra-projects" => config.extra_projects = count()?,
            "--extra-fields" => config.extra_fields = count()?,
            "--client-id" => config.client_id = value,
            "--client-secret" => config.client_secret = value,
            "--quota-points" => switches.limits.quota_points_per_hour = Some(number()?.into()),
            // Read before all other flags.
            "--seed-file" => {}
            "--set" => {
                let (name, value) = value.split_once('=').ok_or_else(unreadable)?;
                switches.set(name, value)?;
            }
            "--callback" => callback_urls.push(value),
            _ => return Err(format!("unknown option {flag}")),
        }
    }
    if !callback_urls.is_empty() {
        config.callback_urls = callback_urls;
    }
    config.bind = SocketAddr::new(host, port);
    Ok(Some(config))
}

fn seed(config: &mut SandboxConfig, path: &str) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))?;
    let file = SeedFile::read(&text).map_err(|error| format!("{path}: {error}"))?;
    file.apply(config);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn read_with(file: &str, flags: &[&str]) -> SandboxConfig {
        let mut seed = tempfile::NamedTempFile::new().unwrap();
        seed.write_all(file.as_bytes()).unwrap();
        let path = seed.path().to_str().unwrap();
        let flags = flags.iter().copied().chain(["--seed-file", path]);
        read(flags.map(str::to_owned)).unwrap().unwrap()
    }

    #[test]
    fn a_flag_wins_over_the_seed_file_also_with_the_value_that_a_sandbox_has_anyway() {
        let file = "[app]\ncallback_urls = [\"http://localhost:1/\"]\n\
                    [settings]\nlatency_ms = 50\nsearch_lag_ms = 9\n";
        let flags = ["--latency-ms", "0", "--callback", "http://localhost:2/"];
        let config = read_with(file, &flags);
        assert_eq!(config.switches.timing.latency_ms, 0);
        assert_eq!(config.callback_urls, ["http://localhost:2/"]);
        assert_eq!(
            config.switches.timing.search_lag_ms, 9,
            "no flag speaks of it"
        );
        let config = read_with(file, &[]);
        assert_eq!(config.switches.timing.latency_ms, 50);
        assert_eq!(config.callback_urls, ["http://localhost:1/"]);
    }
}
