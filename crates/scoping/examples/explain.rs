//! Explains.
#![allow(clippy::all, clippy::pedantic, clippy::restriction, missing_docs, unused)]
fn main() {
    let text = std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap();
    let s = handoff_scoping::RuleScoper::default().scope(&text).unwrap();
    let lines: Vec<&str> = text.split('\n').collect();
    for c in &s.coverage { for n in c.start_line..=c.end_line { let l = lines[n as usize - 1]; if l.trim().is_empty() { continue; } println!("{:>4} {:<10} {:<14} {}", n, format!("{:?}{}", c.outcome, c.ticket.map(|t| format!("#{t}")).unwrap_or_default()), c.reason.map(|r| format!("{r:?}")).unwrap_or_default(), l.chars().take(100).collect::<String>()); } }
    for (i,t) in s.tickets.iter().enumerate() { println!("--- #{i} L{}-{} {:?} p={:?} parent={:?} eff={:?} who={:?} due={:?} dep={:?} labels={:?} id={:?}\nT: {}\nD: {}\nC: {:#?}", t.source_line,t.source_end_line,t.content.ticket_type,t.content.priority.as_ref().map(|p|p.to_string()),t.parent,t.content.estimated_effort,t.content.assignee,t.content.due_on,t.depends_on,t.content.labels,t.item_id,t.content.title,t.content.description,t.content.acceptance_criteria); }
    for n in &s.notes { println!("note {:?} {}", n.code, n.message); }
}
