-- The keys of ASP.NET Core's Data Protection, which protect cursors on all replicas.

create table protection_keys (
    id         text primary key,
    document   text not null,
    created_at timestamptz not null
);

grant select, insert on protection_keys to gpugrants_runtime;

-- Which schema an event's data keep to.
alter table events add column type_version integer not null default 1 check (type_version > 0);
alter table events alter column type_version drop default;
