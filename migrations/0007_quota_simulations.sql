-- What-if runs of a policy over past requests. They read history and change nothing but their own rows.

create table quota_simulations (
    -- That of the policy; the nil id for one of the platform.
    root_programme_id uuid not null,
    id                uuid not null,
    policy_id         uuid not null,
    -- The stored version that is tried; null for a document that came with the call.
    version_number    integer check (version_number > 0),
    document          jsonb not null,
    from_at           timestamptz not null,
    to_at             timestamptz not null check (to_at > from_at),
    status            text not null check (status in ('waiting', 'running', 'done', 'failed')),
    total_facts       bigint check (total_facts >= 0),
    processed_facts   bigint not null check (processed_facts >= 0),
    -- Who runs it, and when it last said that it still does.
    worker_id         uuid,
    heartbeat_at      timestamptz,
    -- Bounded: so many flips are kept as the service says, and never more than this.
    result            jsonb check (length(result::text) <= 4000000),
    error             text check (length(error) between 1 and 2000),
    created_by        uuid not null,
    client_id         text not null,
    created_at        timestamptz not null,
    started_at        timestamptz,
    finished_at       timestamptz,
    primary key (root_programme_id, id),
    foreign key (root_programme_id, policy_id) references quota_policies (root_programme_id, id),
    check ((status = 'done') = (result is not null)),
    check ((status = 'failed') = (error is not null)),
    check ((status = 'running') = (worker_id is not null and heartbeat_at is not null)),
    check ((status in ('done', 'failed')) = (finished_at is not null))
);
create unique index quota_simulations_by_id on quota_simulations (id);
create index quota_simulations_open on quota_simulations (created_at, id) where status in ('waiting', 'running');

grant select, insert, update on quota_simulations to gpugrants_runtime;
