-- Roles that were taken. With role_assignments they are the dated history by which nobody decides for those whose people they were.
create table past_roles (
    -- That of the role assignment.
    id           uuid primary key,
    principal_id uuid not null references principals (id),
    role         text not null,
    resource_id  uuid,
    since        timestamptz not null,
    until        timestamptz not null check (until >= since),
    -- The empty id for the service itself.
    ended_by     uuid not null
);
create index past_roles_by_principal on past_roles (principal_id);
grant select, insert on past_roles to gpugrants_runtime;

create function past_roles_guard() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'the history of roles never changes' using errcode = 'restrict_violation';
end $$;
create trigger past_roles_never_change before update or delete on past_roles
    for each row execute function past_roles_guard();

-- No role is taken without a trace. Checked at the commit, because a batch writes its tables in any order.
create function role_assignments_are_remembered() returns trigger
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if not exists (
        select from public.past_roles p
        where p.id = old.id and p.principal_id = old.principal_id and p.role = old.role
            and p.resource_id is not distinct from old.resource_id and p.since = old.created_at
    ) then
        raise exception 'role assignment % was taken without a trace', old.id using errcode = 'restrict_violation';
    end if;
    return null;
end $$;
create constraint trigger role_assignments_remembered after delete on role_assignments
    deferrable initially deferred for each row execute function role_assignments_are_remembered();

-- A platform with one administrator decides on what concerns them only by a waiver that everybody can read.
create table independence_waivers (
    id         uuid primary key,
    reason     text not null check (length(reason) between 1 and 2000),
    made_by    uuid not null references principals (id),
    client_id  text not null,
    expires_at timestamptz not null,
    ended_at   timestamptz,
    ended_by   uuid,
    version    bigint not null check (version > 0),
    created_at timestamptz not null,
    updated_at timestamptz not null,
    check (expires_at > created_at and expires_at <= created_at + interval '90 days'),
    check ((ended_at is null) = (ended_by is null))
);
create index independence_waivers_open on independence_waivers (expires_at) where ended_at is null;
grant select, insert on independence_waivers to gpugrants_runtime;
grant update (ended_at, ended_by, version, updated_at) on independence_waivers to gpugrants_runtime;
