//! Measures by itself; `cargo xtask bench` builds everything and calls this.
#![expect(clippy::print_stdout, reason = "it tells a person what it measured")]

use acceptance::bench::{BenchOptions, run};
use clap::Parser;

/// Measures pushes, sync, start, memory and lists, and prints them beside their goals.
#[derive(Parser)]
struct Arguments {
    /// How many tickets the compared pushes have.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    tickets: u32,
    /// How many tickets the push has during which memory is measured; none where it is left out.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    large: Option<u32>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let folder = tempfile::Builder::new()
        .prefix("handoff-bench-")
        .tempdir()?;
    let options = BenchOptions {
        tickets: usize::try_from(arguments.tickets)?,
        large: arguments.large.map(usize::try_from).transpose()?,
        folder: folder.path().to_owned(),
    };
    println!("{}", run(&options).await?);
    Ok(())
}
