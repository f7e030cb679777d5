-- Programmes may need a confirmation for minors: a guardian's, or a school's. People state no more than a year, or that they are of age.

alter table people
    add column birth_year      integer check (birth_year between 1900 and 2200),
    add column of_age          boolean check (of_age),
    -- The confirmation that holds now.
    add column confirmation_id uuid,
    add constraint people_age check (birth_year is null or of_age is null),
    add constraint people_age_erased check (status = 'active' or (birth_year is null and of_age is null and confirmation_id is null));
grant update (birth_year, of_age, confirmation_id) on people to gpugrants_runtime;

create table minor_confirmations (
    id              uuid primary key,
    person_id       uuid not null references people (id) deferrable initially deferred,
    kind            text not null check (kind in ('guardian', 'school')),
    -- The school; null for a guardian.
    organization_id uuid references organizations (id),
    -- The keyed hash of the guardian's address; null for a school.
    guardian        text check (guardian ~ '^[0-9a-f]{64}$'),
    -- Which consent text the guardian accepted.
    consent_version text,
    -- The owner of the school; null for a guardian.
    confirmed_by    uuid references principals (id),
    confirmed_at    timestamptz not null,
    ended_at        timestamptz,
    end_reason      text check (end_reason in ('withdrawn', 'replaced', 'left', 'erased')),
    check ((kind = 'school') = (organization_id is not null and confirmed_by is not null)),
    check ((kind = 'guardian') = (guardian is not null and consent_version is not null)),
    check ((ended_at is null) = (end_reason is null)),
    -- Deferred: one replaces another in one transaction.
    constraint minor_confirmations_current exclude using btree (person_id with =) where (ended_at is null) deferrable initially deferred
);
create index minor_confirmations_by_person on minor_confirmations (person_id, id);
create index minor_confirmations_by_organization on minor_confirmations (organization_id, id) where organization_id is not null;
grant select, insert on minor_confirmations to gpugrants_runtime;
grant update (ended_at, end_reason) on minor_confirmations to gpugrants_runtime;

alter table address_proofs
    drop constraint address_proofs_purpose_check,
    add constraint address_proofs_purpose_check check (purpose in ('sign-up', 'recovery', 'email-change', 'invitation', 'guardian'));

-- A school confirms its members. Whoever is none any more, by whatever way a role ends, is confirmed no more.
create function school_confirmations_end() returns trigger
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    if new.role in ('organization-owner', 'organization-member') and not exists (
        select from public.role_assignments r
        where r.principal_id = new.principal_id and r.resource_id = new.resource_id
            and r.role in ('organization-owner', 'organization-member')
    ) then
        update public.people p set confirmation_id = null
        from public.minor_confirmations c
        where c.person_id = new.principal_id and c.organization_id = new.resource_id and c.ended_at is null
            and p.id = c.person_id and p.confirmation_id = c.id;
        update public.minor_confirmations c set ended_at = new.until, end_reason = 'left'
        where c.person_id = new.principal_id and c.organization_id = new.resource_id and c.ended_at is null;
    end if;
    return null;
end $$;
create constraint trigger schools_confirm_members after insert on past_roles
    deferrable initially deferred for each row execute function school_confirmations_end();

alter table programmes add column minors_need text not null default 'nothing' check (minors_need in ('nothing', 'confirmation'));
