-- Events that were given up are forgotten by their age. Without it each hour read all that waits for any endpoint.
create index webhook_waiting_failed on webhook_waiting (due_at) where status = 'failed';
