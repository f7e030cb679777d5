-- Changes that would let one person do what a rule asks several for: overrides, roles and policies. Each row is the audit trail of one.

create table change_proposals (
    -- That of the policy; the nil id for roles and for policies of the platform.
    root_programme_id uuid not null,
    id                uuid not null,
    kind              text not null check (kind in ('override', 'override-end', 'policy', 'retirement', 'role')),
    status            text not null check (status in ('proposed', 'approved', 'rejected')),
    -- Whose people decide; null for the platform's.
    programme_id      uuid references programmes (id),
    policy_id         uuid,
    change            jsonb not null,
    reason            text not null check (length(reason) between 1 and 2000),
    approvals_needed  int not null check (approvals_needed between 2 and 10),
    -- Who proposed it comes first.
    approved_by       uuid[] not null,
    approver_roles    text[] not null,
    proposed_by       uuid not null references principals (id),
    client_id         text not null,
    -- From then on it has lapsed.
    expires_at        timestamptz not null,
    result_id         uuid,
    decided_by        uuid,
    comment           text check (length(comment) between 1 and 4000),
    decided_at        timestamptz,
    version           bigint not null check (version > 0),
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    primary key (root_programme_id, id),
    constraint change_proposals_approved check ((status = 'approved') = (cardinality(approved_by) >= approvals_needed)),
    constraint change_proposals_proposer_first check (approved_by[1] = proposed_by),
    check ((status = 'proposed') = (decided_at is null)),
    check ((status = 'proposed') = (decided_by is null)),
    check ((kind = 'role') = (policy_id is null))
);
create unique index change_proposals_by_id on change_proposals (id);
create index change_proposals_by_programme on change_proposals (programme_id, id);

-- Whoever acts through several principals is one person.
create function people_behind(principals uuid[]) returns bigint
    language sql stable set search_path = pg_catalog, public, pg_temp as $$
    select count(distinct p.person_id) from public.principals p where p.id = any (principals)
$$;

-- What was proposed never changes, and what was decided is decided in time.
create function change_proposals_guard() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'UPDATE' and (old.status <> 'proposed' or not old.approved_by <@ new.approved_by
        or new.status <> 'rejected' and new.updated_at >= old.expires_at) then
        raise exception 'change proposal % may only be decided, once and in time', old.id using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger change_proposals_decided_once before insert or update on change_proposals
    for each row execute function change_proposals_guard();
create trigger change_proposals_no_delete before delete or truncate on change_proposals
    for each statement execute function refuse_change();

grant select, insert on change_proposals to gpugrants_runtime;
grant update (status, approved_by, result_id, decided_by, comment, decided_at, version, updated_at) on change_proposals
    to gpugrants_runtime;

-- Several people approve the least that any of them endorsed.
alter table requests add column endorsed_gpu_seconds bigint;
alter table quota_increases
    add column approved_by uuid[] not null default '{}',
    add column endorsed bigint check (endorsed > 0 and endorsed <= wanted);

-- Approvals count distinct people.
create function approvals_are_of_distinct_people() returns trigger
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if cardinality(new.approved_by) <> public.people_behind(new.approved_by) then
        raise exception 'approvals of % % count distinct people', tg_table_name, new.id using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger change_proposals_distinct_people before insert or update on change_proposals
    for each row execute function approvals_are_of_distinct_people();
create trigger quota_increases_distinct_people before update on quota_increases
    for each row when (cardinality(new.approved_by) > 1) execute function approvals_are_of_distinct_people();

-- A trigger and no check, so that what rules decide pays nothing for it.
create function requests_endorsed() returns trigger
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if cardinality(new.approved_by) <> public.people_behind(new.approved_by)
        or new.endorsed_gpu_seconds not between 1 and new.gpu_seconds then
        raise exception 'approvals of request % count distinct people and the least they endorsed', new.id
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger requests_endorsed before update on requests
    for each row when (cardinality(new.approved_by) > 0) execute function requests_endorsed();

-- Nor does anybody approve a transfer that they proposed through another principal.
create function transfer_proposals_two_people() returns trigger
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    if public.people_behind(array[new.proposed_by, new.decided_by]) < 2 then
        raise exception 'transfer proposal % needs a second person', new.id using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger transfer_proposals_two_people before update on transfer_proposals
    for each row when (new.decided_by is not null) execute function transfer_proposals_two_people();
