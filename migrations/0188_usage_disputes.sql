-- The organization of a grant disputes a usage record. Its credits are held until somebody decides.

alter table accounts drop constraint accounts_kind_fits;
alter table accounts add constraint accounts_kind_fits check (
    case kind
        when 'issuance' then unit = 'credit' and not floored
        when 'budget' then unit = 'credit' and floored
        when 'earned' then unit = 'credit' and floored
        when 'disputed' then unit = 'credit' and floored
        when 'breakage' then unit = 'credit' and floored
        when 'grant' then floored
        when 'supply' then unit <> 'credit' and not floored
        when 'capacity' then unit <> 'credit' and floored
        when 'delivered' then unit <> 'credit' and floored
        else false
    end);

-- A dispute is about one version of a record. While it is open, the record stays as it is.
create table usage_disputes (
    root_programme_id    uuid not null,
    provider_id          uuid not null,
    record_id            uuid not null,
    record_version       bigint not null check (record_version > 0),
    id                   uuid not null,
    grant_id             uuid not null,
    organization_id      uuid not null,
    -- Whose administrators decide, because its budget paid.
    budget_programme_id  uuid not null,
    status               text not null check (status in ('open', 'upheld', 'rejected', 'withdrawn')),
    reason               text not null check (length(reason) between 1 and 2000),
    -- What is held, in 1/3,600,000 credit, and the time that it paid for.
    credits              bigint not null check (credits >= 0),
    gpu_seconds          bigint not null check (gpu_seconds >= 0),
    opened_by            uuid not null,
    client_id            text not null,
    decision_reason      text check (length(decision_reason) between 1 and 2000),
    decided_by           uuid,
    decided_at           timestamptz,
    version              bigint not null check (version > 0),
    created_at           timestamptz not null,
    updated_at           timestamptz not null,
    primary key (root_programme_id, provider_id, record_id, record_version),
    unique (id),
    foreign key (root_programme_id, provider_id, record_id) references usage_records (root_programme_id, provider_id, id),
    foreign key (root_programme_id, grant_id) references grants (root_programme_id, id),
    check ((status = 'open') = (decided_at is null) and (status = 'open') = (decided_by is null))
);
create index usage_disputes_by_grant on usage_disputes (grant_id, id);
create trigger usage_disputes_append_only before delete or truncate on usage_disputes
    for each statement execute function refuse_change();
grant select, insert on usage_disputes to gpugrants_runtime;
grant update (status, decision_reason, decided_by, decided_at, version, updated_at) on usage_disputes to gpugrants_runtime;
