-- From where clients change things, beside the events. An event names its client; this says from which addresses that client called.

create table caller_addresses (
    id        uuid primary key,
    client_id text not null check (length(client_id) between 1 and 500),
    address   text not null check (length(address) between 2 and 64),
    -- The beginning of the hour.
    since     timestamptz not null,
    unique (client_id, since, address)
);
create index caller_addresses_by_time on caller_addresses using brin (since);
grant select, insert, delete on caller_addresses to gpugrants_runtime;
