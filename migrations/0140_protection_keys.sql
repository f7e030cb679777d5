-- The keys of ASP.NET Core's Data Protection, which protect cursors on all replicas.

create table protection_keys (
    id         text primary key,
    document   text not null,
    created_at timestamptz not null
);

grant select, insert on protection_keys to gpugrants_runtime;
