-- Terms of the platform and of programmes are versioned texts that people accept. A text never changes.

create table terms (
    id           uuid primary key,
    -- Null for the platform.
    programme_id uuid references programmes (id),
    number       integer not null check (number > 0),
    title        text not null check (length(title) between 1 and 200),
    body         text not null check (length(body) between 1 and 50000),
    author_id    uuid not null,
    client_id    text not null,
    created_at   timestamptz not null,
    -- Set when a later version came, or the terms were ended.
    ended_at     timestamptz,
    -- Deferred: one version follows another in one transaction.
    constraint terms_in_force exclude using btree (coalesce(programme_id, '00000000-0000-0000-0000-000000000000'::uuid) with =)
        where (ended_at is null) deferrable initially deferred
);
create unique index terms_by_number on terms (programme_id, number) nulls not distinct;
grant select, insert on terms to gpugrants_runtime;
grant update (ended_at) on terms to gpugrants_runtime;

create table term_acceptances (
    person_id    uuid not null references principals (id) deferrable initially deferred,
    terms_id     uuid not null references terms (id),
    -- The principal that accepted for the person.
    principal_id uuid not null,
    client_id    text not null,
    accepted_at  timestamptz not null,
    primary key (person_id, terms_id)
);
grant select, insert on term_acceptances to gpugrants_runtime;

-- What a caller's person accepted, read with the caller: a request looks nothing up.
alter table principals add column accepted_terms uuid[] not null default '{}';
-- Nobody but the trigger says what a person accepted.
revoke update on principals from gpugrants_runtime;
grant update (status, version) on principals to gpugrants_runtime;

create function terms_were_accepted() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    update public.principals set accepted_terms = accepted_terms || new.terms_id where id = new.person_id;
    return null;
end $$;
create constraint trigger acceptances_are_known after insert on term_acceptances
    deferrable initially deferred for each row execute function terms_were_accepted();
