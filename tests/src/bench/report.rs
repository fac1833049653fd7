//! The printed table.

use std::fmt;

/// Lines of what was measured, some with a goal.
#[derive(Debug)]
pub(super) struct Report {
    title: String,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    what: String,
    measured: String,
    goal: Option<(&'static str, bool)>,
}

impl Report {
    pub(super) const fn new(title: String) -> Self {
        let lines = Vec::new();
        Self { title, lines }
    }

    /// A measured value that is only there to compare with.
    pub(super) fn fact(&mut self, what: impl Into<String>, measured: impl Into<String>) {
        self.add(what.into(), measured.into(), None);
    }

    /// A measured value that should reach a goal.
    pub(super) fn goal(
        &mut self,
        what: impl Into<String>,
        measured: impl Into<String>,
        goal: &'static str,
        is_reached: bool,
    ) {
        self.add(what.into(), measured.into(), Some((goal, is_reached)));
    }

    fn add(&mut self, what: String, measured: String, goal: Option<(&'static str, bool)>) {
        self.lines.push(Line {
            what,
            measured,
            goal,
        });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        write!(f, "{:<52} {:>12}  goal", "", "measured")?;
        for line in &self.lines {
            write!(f, "\n{:<52} {:>12}", line.what, line.measured)?;
            if let Some((goal, is_reached)) = line.goal {
                let verdict = if is_reached { "ok" } else { "missed" };
                write!(f, "  {goal:<10} {verdict}")?;
            }
        }
        Ok(())
    }
}
