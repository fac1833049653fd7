//! Exports that are comma-separated values: a document that is nothing else, or a fenced block that says so, is a table.

use csv::{ByteRecord, ReaderBuilder};

use super::{Kind, Line, Node, NodeId, Outline};

/// A header with fewer columns is a sentence with commas.
const LEAST_COLUMNS: usize = 3;
/// The longest name of a column, in bytes.
const MAX_NAME: usize = 48;
/// The most rows that are read.
const MAX_ROWS: usize = 20_000;

/// Replaces such a document, or such a block, by the table that it writes.
pub(super) fn find(outline: &mut Outline<'_>) {
    let source = outline.source;
    let start = outline.front.bytes;
    let body = source.get(start..).unwrap_or_default();
    let start = start + comment_lines(body);
    let end = heading_after(source, start);
    let flat = outline.node(NodeId::ROOT).children.clone();
    let children = if let Some(table) = read(outline, start, end) {
        let last = outline.node(table).lines.1;
        let rest = flat
            .into_iter()
            .filter(|id| outline.node(*id).lines.0 > last);
        std::iter::once(table).chain(rest).collect()
    } else {
        flat.into_iter().map(|id| block(outline, id)).collect()
    };
    outline.node_mut(NodeId::ROOT).children = children;
}

/// Where the first heading begins; what stands there was added to the export.
fn heading_after(source: &str, start: usize) -> usize {
    let rest = source.get(start..).unwrap_or_default();
    rest.find("\n#").map_or(source.len(), |at| start + at + 1)
}

/// The table of a block ```` ```csv ````, or the node itself.
fn block(outline: &mut Outline<'_>, id: NodeId) -> NodeId {
    let node = outline.node(id);
    let is_csv = matches!(&node.kind, Kind::Code { language } if language == "csv");
    let (Some(first), Some(last)) = (node.text.first(), node.text.last()) else {
        return id;
    };
    if !is_csv {
        return id;
    }
    let span = outline.lines.span(first.number, last.number);
    read(outline, span.start, span.end).unwrap_or(id)
}

/// The bytes of blank lines and of lines that only name the file.
fn comment_lines(text: &str) -> usize {
    text.split_inclusive('\n')
        .take_while(|line| line.trim().is_empty() || line.starts_with(['#', '\u{feff}']))
        .map(str::len)
        .sum()
}

fn read(outline: &mut Outline<'_>, start: usize, end: usize) -> Option<NodeId> {
    let source = outline.source.get(start..end)?;
    let header = source.lines().next()?;
    let delimiter = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|mark| header.bytes().filter(|byte| byte == mark).count())?;
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(source.as_bytes());
    let mut records: Vec<ByteRecord> = Vec::new();
    for record in reader.byte_records().take(MAX_ROWS) {
        records.push(record.ok()?);
    }
    let columns = records.first()?.len();
    if !is_table(&records, columns) {
        return None;
    }
    let table = table_node(outline, start);
    let mut rows = Vec::with_capacity(records.len());
    for (place, record) in records.iter().enumerate() {
        let at = record.position().map_or(0, |position| position.byte());
        let from = start + usize::try_from(at).unwrap_or_default();
        let next = records.get(place + 1).and_then(ByteRecord::position);
        let to = next.map_or(end, |next| {
            start + usize::try_from(next.byte()).unwrap_or_default()
        });
        rows.push(row(outline, table, record, (from, to), place == 0));
    }
    let last = rows.last().map_or(1, |row| outline.node(*row).lines.1);
    let node = outline.node_mut(table);
    node.children = rows;
    node.lines.1 = last;
    node.span.end = end;
    Some(table)
}

/// A header of short names, and rows that fill its columns.
fn is_table(records: &[ByteRecord], columns: usize) -> bool {
    let Some((header, rows)) = records.split_first() else {
        return false;
    };
    let is_name = |cell: &[u8]| {
        let text = std::str::from_utf8(cell).unwrap_or_default().trim();
        !text.is_empty() && text.len() <= MAX_NAME && !text.ends_with(['.', ':', '!', '?'])
    };
    let full = rows.iter().filter(|row| row.len() == columns).count();
    columns >= LEAST_COLUMNS
        && header.iter().all(is_name)
        && !rows.is_empty()
        && full * 10 >= rows.len() * 9
}

fn table_node(outline: &mut Outline<'_>, start: usize) -> NodeId {
    let line = outline.lines.line(start);
    outline.add(Node::new(Kind::Table, NodeId::ROOT, line, start))
}

fn row(
    outline: &mut Outline<'_>,
    table: NodeId,
    record: &ByteRecord,
    span: (usize, usize),
    is_head: bool,
) -> NodeId {
    let text = outline.source.get(span.0..span.1).unwrap_or_default();
    let end = span.0 + text.trim_end().len();
    let first = outline.lines.line(span.0);
    let last = outline.lines.line(end.saturating_sub(1).max(span.0));
    let mut node = Node::new(Kind::Row { is_head }, table, first, span.0);
    node.lines = (first, last.max(first));
    node.span = span.0..end;
    let row = outline.add(node);
    let mut at = span.0;
    let mut cells = Vec::with_capacity(record.len());
    for field in record {
        let plain = String::from_utf8_lossy(field).into_owned();
        cells.push(cell(outline, row, &plain, &mut at, end));
    }
    outline.node_mut(row).children = cells;
    row
}

fn cell(outline: &mut Outline<'_>, row: NodeId, plain: &str, at: &mut usize, end: usize) -> NodeId {
    let rest = outline.source.get(*at..end).unwrap_or_default();
    let start = rest.find(plain).map_or(*at, |found| *at + found);
    let found = outline.source.get(start..start + plain.len()) == Some(plain);
    let stop = if found { start + plain.len() } else { start };
    let first = outline.lines.line(start);
    let mut node = Node::new(Kind::Cell, row, first, start);
    node.span = start..stop;
    node.lines = (
        first,
        outline.lines.line(stop.max(start + 1) - 1).max(first),
    );
    node.text = (first..)
        .zip(plain.lines())
        .map(|(number, line)| Line {
            number,
            plain: line.to_owned(),
            ..Line::default()
        })
        .collect();
    *at = stop;
    outline.add(node)
}
