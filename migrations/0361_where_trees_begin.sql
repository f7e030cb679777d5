-- Up to when all trees in sight of an endpoint have positions. A tree without one came in sight later, and begins there. Null while no
-- run has found all of them, as for each endpoint from before this file: then a tree begins where the endpoint does. A run for a suspended
-- owner looks at no tree, so it moves worked_at alone.
alter table webhook_dispatch add column begun_until timestamptz;

-- Replaced by the above. Replicas from before 0341 read it when they claim. So one that was left running claims no endpoint. Otherwise it
-- would send events, fail to log them in the table that 0341 dropped, and send the same events again.
alter table webhook_dispatch drop column is_started;
