ALTER TABLE deliveries ADD COLUMN is_resent INTEGER NOT NULL DEFAULT 0 CHECK (is_resent IN (0, 1));
ALTER TABLE deliveries ADD COLUMN answered_lease_id BLOB;

-- What is uncertain is asked for all the time, and the greatest number of its attempts with it.
CREATE INDEX deliveries_uncertain ON deliveries (push_id, attempt_id) WHERE state = 'uncertain';
DROP INDEX deliveries_attempt;
CREATE INDEX deliveries_attempt ON deliveries (attempt_id, change_number) WHERE attempt_id IS NOT NULL;
