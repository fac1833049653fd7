ALTER TABLE deliveries ADD COLUMN is_resent boolean NOT NULL DEFAULT false;
ALTER TABLE deliveries ADD COLUMN answered_lease_id uuid;

-- What is uncertain is asked for all the time, and the greatest number of its attempts with it.
CREATE INDEX deliveries_uncertain ON deliveries (push_id, attempt_id) WHERE state = 'uncertain';
DROP INDEX deliveries_attempt;
CREATE INDEX deliveries_attempt ON deliveries (attempt_id, change_number) WHERE attempt_id IS NOT NULL;
