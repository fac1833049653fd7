-- Whether a program that does not know a change can go on beside it; each change says so of itself.
CREATE TABLE schema_changes (
    version text PRIMARY KEY,
    breaks_older boolean NOT NULL
);
INSERT INTO schema_changes (version, breaks_older) VALUES
    ('20261123000000', true), ('20261124000000', true), ('20261129000000', true), ('20261130000000', false);

CREATE TABLE document_coverage (
    document_id uuid PRIMARY KEY REFERENCES documents (id),
    document_version bigint NOT NULL,
    coverage jsonb NOT NULL,
    notes jsonb NOT NULL,
    created_at timestamptz NOT NULL
);

ALTER TABLE integrations ADD COLUMN site_id text;
UPDATE integrations SET site_id = config ->> 'cloud_id' WHERE integration_type = 'jira';

ALTER TABLE execution_tickets
    DROP CONSTRAINT execution_tickets_ticket_type_check,
    DROP CONSTRAINT execution_tickets_document_id_fingerprint_key,
    DROP CONSTRAINT execution_tickets_external_site_id_external_id_key,
    ALTER COLUMN source_line DROP NOT NULL,
    ADD COLUMN source text NOT NULL DEFAULT 'scoped' CHECK (source IN ('scoped', 'manual')),
    ADD COLUMN source_end_line integer,
    ADD COLUMN item_id text,
    ADD COLUMN source_section jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN source_text text NOT NULL DEFAULT '',
    ADD COLUMN assignee text,
    ADD COLUMN due_on date,
    ADD COLUMN parent_id uuid REFERENCES execution_tickets (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    ADD COLUMN parent_key text,
    ADD COLUMN depends_on jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN fields jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN external_ref jsonb,
    ADD COLUMN external jsonb,
    ADD COLUMN differs_from_document boolean NOT NULL DEFAULT false;

-- Jira was the only tracker that there was. The number that the document gave an item is the first part of such a fingerprint.
UPDATE execution_tickets SET platform = 'jira' WHERE external_id IS NOT NULL AND platform IS NULL;
UPDATE execution_tickets SET item_id = split_part(substr(fingerprint, 4), '#', 1) WHERE fingerprint LIKE 'id:%';

ALTER TABLE execution_tickets
    ADD CONSTRAINT execution_tickets_ticket_type_check
        CHECK (ticket_type IN ('task', 'story', 'bug', 'epic', 'subtask')),
    ADD CONSTRAINT execution_tickets_issue_key UNIQUE (platform, external_site_id, external_id),
    ADD CONSTRAINT execution_tickets_parent_check CHECK (parent_id IS NULL OR parent_key IS NULL);
CREATE INDEX execution_tickets_every ON execution_tickets (document_id, id);
CREATE INDEX execution_tickets_parent ON execution_tickets (parent_id) WHERE parent_id IS NOT NULL;

ALTER TABLE deliveries
    DROP CONSTRAINT deliveries_state_check,
    ADD COLUMN waits_for uuid,
    ADD CONSTRAINT deliveries_state_check
        CHECK (state IN ('queued', 'sending', 'uncertain', 'confirmed', 'rejected', 'cancelled',
            'needs_attention', 'abandoned', 'unlinked'));
DROP INDEX deliveries_one_per_ticket;
CREATE UNIQUE INDEX deliveries_one_per_ticket ON deliveries (ticket_id)
    WHERE state NOT IN ('rejected', 'cancelled', 'abandoned', 'unlinked');
CREATE INDEX deliveries_waiting ON deliveries (waits_for) WHERE waits_for IS NOT NULL;
