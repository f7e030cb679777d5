-- An organization, or a person, lets a partner act for it: asked for or offered with a one-time code, scoped, revocable.

create table consents (
    id              uuid primary key,
    -- Null while an organization or person offers it to whoever shows the code.
    partner_id      uuid references partners (id),
    -- For whom the partner acts; both are null while the partner asks.
    organization_id uuid references organizations (id),
    person_id       uuid references principals (id),
    begun_by        text not null check (begun_by in ('partner', 'organization', 'person')),
    scopes          text[] not null check (cardinality(scopes) > 0 and scopes <@ array['read', 'request']),
    -- The partner's own name for whom it acts for.
    external_id     text check (length(external_id) between 1 and 200),
    status          text not null check (status in ('open', 'active', 'ended')),
    code_hash       bytea not null unique check (length(code_hash) = 32),
    code_expires_at timestamptz not null,
    -- When the consent ends by itself.
    expires_at      timestamptz,
    created_by      uuid not null references principals (id),
    client_id       text not null,
    -- The principal who consented for the organization, or the person.
    given_by        uuid references principals (id),
    given_at        timestamptz,
    ended_by        uuid,
    ended_at        timestamptz,
    version         bigint not null check (version > 0),
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    check (num_nonnulls(organization_id, person_id) <= 1),
    check (begun_by = 'partner' or num_nonnulls(organization_id, person_id) = 1),
    check (begun_by <> 'partner' or partner_id is not null),
    check (status <> 'active' or (partner_id is not null and num_nonnulls(organization_id, person_id) = 1)),
    check (status <> 'active' or given_by is not null),
    check ((given_by is null) = (given_at is null)),
    check (person_id is null or given_by is null or given_by = person_id),
    check ((status = 'ended') = (ended_at is not null)),
    check ((ended_by is null) = (ended_at is null)),
    -- Deferred: one follows another that has expired in one transaction.
    constraint consents_of_organization exclude using btree (partner_id with =, organization_id with =)
        where (status = 'active' and organization_id is not null) deferrable initially deferred,
    constraint consents_of_person exclude using btree (partner_id with =, person_id with =)
        where (status = 'active' and person_id is not null) deferrable initially deferred
);
create index consents_by_partner on consents (partner_id, id);
create index consents_by_organization on consents (organization_id, id) where organization_id is not null;
create index consents_by_person on consents (person_id, id) where person_id is not null;

-- What was said does not change: only who takes the code, and the end.
create function consents_keep_their_words() returns trigger language plpgsql as $$
begin
    if (new.begun_by, new.scopes, new.code_hash, new.code_expires_at, new.expires_at, new.created_by, new.client_id, new.created_at)
            is distinct from
            (old.begun_by, old.scopes, old.code_hash, old.code_expires_at, old.expires_at, old.created_by, old.client_id, old.created_at)
        or (old.partner_id is not null and new.partner_id is distinct from old.partner_id)
        or (old.organization_id is not null and new.organization_id is distinct from old.organization_id)
        or (old.person_id is not null and new.person_id is distinct from old.person_id)
        or (old.given_at is not null and (new.given_by, new.given_at) is distinct from (old.given_by, old.given_at))
        or old.status = 'ended' or (old.status = 'active' and new.status = 'open') then
        raise exception 'A consent changes only when its code is used and when it ends.' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger consents_keep_their_words before update on consents for each row execute function consents_keep_their_words();

grant select, insert on consents to gpugrants_runtime;
grant update (partner_id, organization_id, person_id, external_id, status, given_by, given_at, ended_by, ended_at, version, updated_at)
    on consents to gpugrants_runtime;

-- The partner that asked for a higher limit: its people do not decide it.
alter table quota_increases add column partner_id uuid;
