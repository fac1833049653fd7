//! Rows of documents and blocks.

use diesel::prelude::*;
use handoff_domain::document::model::{Block, Document, DocumentSummary, ScopedBlock};
use time::OffsetDateTime;

use super::super::Backend;
use super::super::schema::{document_blocks, documents};
use crate::error::StoreError;
use crate::values::{RowId, Word, parse_actor, parse_u32, parse_word, to_i32};

/// A document without its content.
#[derive(Queryable, Selectable)]
#[diesel(table_name = documents, check_for_backend(Backend))]
pub(super) struct SummaryRow {
    id: RowId,
    workspace_id: RowId,
    document_type: String,
    title: String,
    status: String,
    version: i64,
    created_by: String,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
}

impl TryFrom<SummaryRow> for DocumentSummary {
    type Error = StoreError;

    fn try_from(row: SummaryRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.id(),
            workspace_id: row.workspace_id.id(),
            document_type: parse_word("documents.document_type", &row.document_type)?,
            title: row.title,
            status: parse_word("documents.status", &row.status)?,
            version: row.version,
            created_by: parse_actor("documents.created_by", &row.created_by)?,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// A document with its content.
#[derive(Queryable, Selectable)]
#[diesel(table_name = documents, check_for_backend(Backend))]
pub(super) struct DocumentRow {
    #[diesel(embed)]
    summary: SummaryRow,
    content: String,
}

impl TryFrom<DocumentRow> for Document {
    type Error = StoreError;

    fn try_from(row: DocumentRow) -> Result<Self, StoreError> {
        Ok(Self {
            summary: row.summary.try_into()?,
            content: row.content,
        })
    }
}

#[derive(Insertable)]
#[diesel(table_name = documents, treat_none_as_default_value = false)]
pub(super) struct NewDocument<'a> {
    id: RowId,
    workspace_id: RowId,
    document_type: &'static str,
    title: &'a str,
    content: &'a str,
    status: &'static str,
    version: i64,
    created_by: String,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
}

impl<'a> From<&'a Document> for NewDocument<'a> {
    fn from(document: &'a Document) -> Self {
        let summary = &document.summary;
        Self {
            id: summary.id.into(),
            workspace_id: summary.workspace_id.into(),
            document_type: summary.document_type.word(),
            title: &summary.title,
            content: &document.content,
            status: summary.status.word(),
            version: summary.version,
            created_by: summary.created_by.to_string(),
            created_at: summary.created_at,
            updated_at: summary.updated_at,
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = document_blocks, check_for_backend(Backend), treat_none_as_default_value = false)]
pub(super) struct BlockRow {
    id: RowId,
    document_id: RowId,
    position: i32,
    block_type: String,
    title: String,
    content: String,
    start_line: i32,
    end_line: i32,
}

impl From<&Block> for BlockRow {
    fn from(block: &Block) -> Self {
        Self {
            id: block.id.into(),
            document_id: block.document_id.into(),
            position: to_i32(block.position),
            block_type: block.body.block_type.word().to_owned(),
            title: block.body.title.clone(),
            content: block.body.content.clone(),
            start_line: to_i32(block.body.start_line),
            end_line: to_i32(block.body.end_line),
        }
    }
}

impl TryFrom<BlockRow> for Block {
    type Error = StoreError;

    fn try_from(row: BlockRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.id(),
            document_id: row.document_id.id(),
            position: parse_u32("document_blocks.position", row.position)?,
            body: ScopedBlock {
                block_type: parse_word("document_blocks.block_type", &row.block_type)?,
                title: row.title,
                content: row.content,
                start_line: parse_u32("document_blocks.start_line", row.start_line)?,
                end_line: parse_u32("document_blocks.end_line", row.end_line)?,
            },
        })
    }
}
