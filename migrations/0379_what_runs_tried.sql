-- A fault of the work for an endpoint is past once a later run has come to all that there was to do when the work last broke. Runs are
-- numbered for that, because moments come from several clocks: each claim of an endpoint is one. A row that waits says which run last
-- tried it, or put it off; null for one that was never tried.
alter table webhook_dispatch
    add column runs bigint not null default 0 check (runs >= 0),
    add column broken_run bigint check (broken_run >= 0);

alter table webhook_waiting add column tried_run bigint check (tried_run >= 0);

-- Nothing is known of what was tried before this column, so it counts as not tried. Replicas from before it clear and set broken_at alone,
-- so no constraint ties the two.
update webhook_dispatch set broken_run = 0 where broken_at is not null;
