-- How often somebody asked an endpoint for events since a moment, and for one event again. By these a run knows what was asked for since
-- its claim. The moment alone does not tell: two calls may name the same one.
alter table webhook_dispatch
    add column replays bigint not null default 0 check (replays >= 0),
    add column redeliveries bigint not null default 0 check (redeliveries >= 0);
