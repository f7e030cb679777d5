-- A decision first lets the reviews of its tree lapse whose time is over. Only requests in review have an entry.
create index requests_in_review_by_tree on requests (root_programme_id, hold_expires_at) where status = 'in-review';
