DROP INDEX deliveries_waiting;
DROP INDEX deliveries_one_per_ticket;
UPDATE deliveries SET state = 'abandoned' WHERE state = 'unlinked';
CREATE UNIQUE INDEX deliveries_one_per_ticket ON deliveries (ticket_id)
    WHERE state NOT IN ('rejected', 'cancelled', 'abandoned');
ALTER TABLE deliveries
    DROP COLUMN waits_for,
    DROP CONSTRAINT deliveries_state_check,
    ADD CONSTRAINT deliveries_state_check
        CHECK (state IN ('queued', 'sending', 'uncertain', 'confirmed', 'rejected', 'cancelled',
            'needs_attention', 'abandoned'));

-- A document may have two tickets of one fingerprint now, and an older program none; a sub-task is a task to it.
UPDATE execution_tickets SET fingerprint = fingerprint || '#' || replace(upper(id::text), '-', '')
    WHERE EXISTS (
        SELECT 1 FROM execution_tickets earlier
        WHERE earlier.document_id = execution_tickets.document_id
            AND earlier.fingerprint = execution_tickets.fingerprint AND earlier.id < execution_tickets.id
    );
UPDATE execution_tickets SET ticket_type = 'task' WHERE ticket_type = 'subtask';
UPDATE execution_tickets SET source_line = 0 WHERE source_line IS NULL;
-- What the updates leave to be checked at the end would stand in the way of changing the table.
SET CONSTRAINTS ALL IMMEDIATE;

DROP INDEX execution_tickets_every;
DROP INDEX execution_tickets_parent;
ALTER TABLE execution_tickets
    DROP CONSTRAINT execution_tickets_ticket_type_check,
    DROP CONSTRAINT execution_tickets_issue_key,
    DROP CONSTRAINT execution_tickets_parent_check,
    DROP COLUMN source,
    DROP COLUMN source_end_line,
    DROP COLUMN item_id,
    DROP COLUMN source_section,
    DROP COLUMN source_text,
    DROP COLUMN assignee,
    DROP COLUMN due_on,
    DROP COLUMN parent_id,
    DROP COLUMN parent_key,
    DROP COLUMN depends_on,
    DROP COLUMN fields,
    DROP COLUMN external_ref,
    DROP COLUMN external,
    DROP COLUMN differs_from_document,
    ALTER COLUMN source_line SET NOT NULL,
    ADD CONSTRAINT execution_tickets_ticket_type_check CHECK (ticket_type IN ('task', 'story', 'bug', 'epic')),
    ADD UNIQUE (document_id, fingerprint),
    ADD UNIQUE (external_site_id, external_id);

ALTER TABLE integrations DROP COLUMN site_id;
DROP TABLE document_coverage;
DROP TABLE schema_changes;
