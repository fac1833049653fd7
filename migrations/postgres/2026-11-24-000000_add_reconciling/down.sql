DROP INDEX deliveries_attempt;
ALTER TABLE push_tickets DROP COLUMN change_number;
ALTER TABLE deliveries DROP COLUMN attempted_at;
ALTER TABLE deliveries DROP COLUMN attempt_id;
ALTER TABLE pushes DROP COLUMN cancelled_at;
ALTER TABLE pushes DROP COLUMN next_look_at;
