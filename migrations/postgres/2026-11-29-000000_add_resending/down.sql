DROP INDEX deliveries_attempt;
CREATE INDEX deliveries_attempt ON deliveries (attempt_id) WHERE attempt_id IS NOT NULL;
DROP INDEX deliveries_uncertain;
ALTER TABLE deliveries DROP COLUMN answered_lease_id;
ALTER TABLE deliveries DROP COLUMN is_resent;
