-- Where the service tells of events. The events themselves are the outbox: an endpoint has a position in each tree, and only events
-- that an endpoint did not take have rows of their own.

create table webhook_endpoints (
    id                    uuid primary key,
    owner_kind            text not null check (owner_kind in ('organization', 'programme', 'provider', 'partner', 'platform')),
    owner_id              uuid,
    url                   text not null check (length(url) between 1 and 2000),
    description           text check (length(description) between 1 and 200),
    types                 text[] not null,
    format                text not null check (format in ('standard', 'cloudevents')),
    status                text not null check (status in ('active', 'disabled', 'deleted')),
    disabled_reason       text check (length(disabled_reason) between 1 and 200),
    secret                bytea not null,
    previous_secret       bytea,
    previous_secret_until timestamptz,
    version               bigint not null check (version > 0),
    created_by            uuid not null,
    created_at            timestamptz not null,
    updated_at            timestamptz not null,
    check ((owner_kind = 'platform') = (owner_id is null)),
    check ((previous_secret is null) = (previous_secret_until is null)),
    check ((status = 'disabled') = (disabled_reason is not null))
);
create index webhook_endpoints_by_owner on webhook_endpoints (owner_id, id);

-- One dispatcher at a time works for an endpoint: it holds the lease. seen_total is the sum of all trees' event numbers at the end of
-- the last look, so an endpoint is looked at again only when something happened.
create table webhook_dispatch (
    endpoint_id   uuid primary key references webhook_endpoints (id),
    is_started    boolean not null default false,
    seen_total    numeric not null default -1,
    due_at        timestamptz,
    replay_from   timestamptz,
    failing_since timestamptz,
    is_noticed    boolean not null default false,
    leased_by     uuid,
    leased_until  timestamptz,
    check ((leased_by is null) = (leased_until is null))
);

create table webhook_positions (
    endpoint_id     uuid not null references webhook_endpoints (id),
    tree            uuid not null,
    sequence        bigint not null check (sequence > 0),
    at_milliseconds bigint not null,
    mark            bigint not null,
    primary key (endpoint_id, tree)
);

-- Events that an endpoint did not take, in the order of their resource. Only the first of a resource is tried.
create table webhook_waiting (
    endpoint_id uuid not null references webhook_endpoints (id),
    tree        uuid not null,
    sequence    bigint not null check (sequence > 0),
    event_id    uuid not null,
    resource    text not null,
    attempts    integer not null check (attempts >= 0),
    due_at      timestamptz not null,
    status      text not null check (status in ('waiting', 'failed')),
    primary key (endpoint_id, tree, sequence)
);

create table webhook_deliveries (
    id           uuid primary key,
    endpoint_id  uuid not null references webhook_endpoints (id),
    tree         uuid not null,
    sequence     bigint not null check (sequence >= 0),
    event_id     uuid not null,
    event_type   text not null,
    attempt      integer not null check (attempt > 0),
    url          text not null,
    request      text not null,
    status_code  integer check (status_code between 100 and 999),
    error        text check (length(error) <= 200),
    response     text check (octet_length(response) <= 4096),
    started_at   timestamptz not null,
    milliseconds integer not null check (milliseconds >= 0),
    check ((status_code is null) = (error is not null))
);
create index webhook_deliveries_by_endpoint on webhook_deliveries (endpoint_id, id);

grant select, insert, update on webhook_endpoints, webhook_dispatch to gpugrants_runtime;
grant select, insert, update, delete on webhook_positions, webhook_waiting to gpugrants_runtime;
grant select, insert, delete on webhook_deliveries to gpugrants_runtime;
