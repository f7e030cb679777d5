-- Administrators stop people, or what awards grants, with a reason, and lift it again.

create table suspensions (
    id              uuid primary key,
    -- The person whose principals may no longer act.
    person_id       uuid not null references principals (id) deferrable initially deferred,
    -- Set when the person was suspended together with an organization, and lifted with it.
    organization_id uuid references organizations (id),
    reason          text not null check (length(reason) between 1 and 2000),
    author_id       uuid not null,
    client_id       text not null,
    created_at      timestamptz not null,
    lifted_at       timestamptz,
    lifted_by       uuid,
    check ((lifted_at is null) = (lifted_by is null))
);
create index suspensions_by_person on suspensions (person_id, id);
create index suspensions_by_organization on suspensions (organization_id, id) where organization_id is not null;
grant select, insert on suspensions to gpugrants_runtime;
grant update (lifted_at, lifted_by) on suspensions to gpugrants_runtime;

-- While a freeze holds, nothing is awarded in its scope.
create table freezes (
    id          uuid primary key,
    scope       text not null check (scope in ('platform', 'programme', 'provider')),
    resource_id uuid,
    reason      text not null check (length(reason) between 1 and 2000),
    author_id   uuid not null,
    client_id   text not null,
    created_at  timestamptz not null,
    lifted_at   timestamptz,
    lifted_by   uuid,
    check ((scope = 'platform') = (resource_id is null)),
    check ((lifted_at is null) = (lifted_by is null))
);
create unique index freezes_open on freezes (scope, resource_id) nulls not distinct where lifted_at is null;
grant select, insert on freezes to gpugrants_runtime;
grant update (lifted_at, lifted_by) on freezes to gpugrants_runtime;
