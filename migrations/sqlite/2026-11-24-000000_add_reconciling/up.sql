ALTER TABLE pushes ADD COLUMN next_look_at TEXT;
ALTER TABLE pushes ADD COLUMN cancelled_at TEXT;
ALTER TABLE deliveries ADD COLUMN attempt_id BLOB;
ALTER TABLE deliveries ADD COLUMN attempted_at TEXT;
ALTER TABLE push_tickets ADD COLUMN change_number INTEGER;

-- What is under way gets an attempt: that of its lease, or, where the lease was not kept, one of its own.
UPDATE deliveries SET attempt_id = COALESCE(lease_id, id), attempted_at = updated_at
    WHERE state IN ('sending', 'uncertain');
CREATE INDEX deliveries_attempt ON deliveries (attempt_id) WHERE attempt_id IS NOT NULL;

-- Entries that the push did not make itself are numbered by their place.
UPDATE push_tickets SET change_number = "position" + 1
    WHERE delivery_id IS NULL
        OR NOT EXISTS (
            SELECT 1 FROM deliveries
            WHERE deliveries.id = push_tickets.delivery_id AND deliveries.push_id = push_tickets.push_id
        );
UPDATE pushes SET change_number = max(
    change_number,
    (SELECT COALESCE(MAX(push_tickets.change_number), 0) FROM push_tickets WHERE push_tickets.push_id = pushes.id)
);
