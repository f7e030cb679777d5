-- Number 0 says that an endpoint begins at a tree's first event. A tree without a position came in sight later.
alter table webhook_positions drop constraint webhook_positions_sequence_check, add check (sequence >= 0);

-- What is due is asked by resource. Without it each run sorted all that waits for its endpoint.
create index webhook_waiting_by_resource on webhook_waiting (endpoint_id, resource, tree, sequence) where status = 'waiting';
