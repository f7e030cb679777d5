-- A partner signs people up: they confirm by mail, or a programme trusts the partner's word for them.

alter table organizations
    -- The partner whose word alone stands for its owner, and the root programme that trusts it. Null for all others.
    add column vouched_by uuid references partners (id),
    add column vouched_for uuid references programmes (id),
    add constraint organizations_vouched check ((vouched_by is null) = (vouched_for is null));

-- A root programme trusts what a partner says of its people, in bounds.
create table partner_trusts (
    programme_id   uuid not null references programmes (id),
    partner_id     uuid not null references partners (id),
    -- How many people the partner may vouch for there, those it removed not counted; and how many in 24 hours.
    people_at_most integer not null check (people_at_most between 0 and 1000000),
    people_per_day integer not null check (people_per_day between 0 and 1000000),
    status         text not null check (status in ('active', 'ended')),
    created_by     uuid not null,
    version        bigint not null check (version > 0),
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    primary key (programme_id, partner_id)
);
grant select, insert on partner_trusts to gpugrants_runtime;
grant update (people_at_most, people_per_day, status, version, updated_at) on partner_trusts to gpugrants_runtime;

-- Whom a partner signed up. Its own name for them is all that says who they are.
create table partner_people (
    id              uuid primary key,
    partner_id      uuid not null references partners (id),
    external_id     text not null check (length(external_id) between 1 and 200),
    -- vouched: the partner's word stands for them. Otherwise they confirm by mail.
    vouched         boolean not null,
    programme_id    uuid references programmes (id),
    status          text not null check (status in ('waiting', 'active', 'removed')),
    -- The person and their organization; null until they confirmed.
    -- Deferred: they are made in the transaction that confirms.
    person_id       uuid references principals (id) deferrable initially deferred,
    organization_id uuid references organizations (id) deferrable initially deferred,
    consent_id      uuid references consents (id) deferrable initially deferred,
    created_by      uuid not null references principals (id),
    client_id       text not null,
    vouched_at      timestamptz,
    removed_at      timestamptz,
    version         bigint not null check (version > 0),
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    unique (partner_id, external_id),
    check (vouched = (programme_id is not null)),
    check (vouched = (vouched_at is not null)),
    check (status <> 'active' or (person_id is not null and organization_id is not null and consent_id is not null)),
    check ((status = 'removed') = (removed_at is not null))
);
create index partner_people_by_partner on partner_people (partner_id, id);
create index partner_people_vouched on partner_people (partner_id, programme_id, vouched_at) where vouched;
grant select, insert on partner_people to gpugrants_runtime;
grant update (status, person_id, organization_id, consent_id, removed_at, version, updated_at) on partner_people to gpugrants_runtime;

alter table address_proofs
    drop constraint address_proofs_purpose_check,
    add constraint address_proofs_purpose_check
        check (purpose in ('sign-up', 'recovery', 'email-change', 'invitation', 'guardian', 'partner-sign-up'));
