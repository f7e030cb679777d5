-- Verification is a record: what was proved of an organization, by what evidence, by whom, until when. It falls with what it verified.

create table verifications (
    id              uuid primary key,
    organization_id uuid not null references organizations (id),
    -- That an owner has an e-mail address is proved by people themselves, without a record here.
    level           text not null check (level in ('domain', 'identity')),
    -- What was verified, and so may not change.
    fields          text[] not null check (fields <@ array['name', 'country', 'email-domains'] and cardinality(fields) > 0),
    email_domains   text[] not null,
    evidence        text not null check (length(evidence) between 1 and 2000),
    author_id       uuid not null,
    client_id       text not null,
    created_at      timestamptz not null,
    ends_at         timestamptz check (ends_at > created_at),
    ended_at        timestamptz,
    end_reason      text check (end_reason in ('fell', 'replaced', 'withdrawn')),
    ended_by        uuid,
    check ((ended_at is null) = (end_reason is null)),
    check ((ended_at is null) = (ended_by is null)),
    -- Deferred: one replaces another in one transaction.
    constraint verifications_current exclude using btree (organization_id with =) where (ended_at is null) deferrable initially deferred
);
create index verifications_by_organization on verifications (organization_id, id);
grant select, insert on verifications to gpugrants_runtime;
grant update (ended_at, end_reason, ended_by) on verifications to gpugrants_runtime;

-- What decisions read of it, beside the organization.
alter table organizations
    add column verified_level text check (verified_level in ('domain', 'identity')),
    add column verified_until timestamptz;
grant update (verified_level, verified_until) on organizations to gpugrants_runtime;

-- Whom administrators verified before there were records, they had looked at: all that was known then counts as verified.
insert into verifications (id, organization_id, level, fields, email_domains, evidence, author_id, client_id, created_at)
select gen_random_uuid(), o.id, 'identity', array['name', 'country', 'email-domains'], o.verified_email_domains,
    'Verified by an administrator before evidence was recorded', '00000000-0000-0000-0000-000000000000', 'gpugrants', o.verified_at
from organizations o where o.verified_at is not null;
update organizations set verified_level = 'identity' where verified_at is not null;
-- Domains without a verification would admit somebody whom nobody verified.
update organizations set verified_email_domains = '{}' where verified_at is null;
alter table organizations
    add constraint organizations_verified check ((verified_at is null) = (verified_level is null)),
    add constraint organizations_verified_until check (verified_until is null or verified_at is not null),
    add constraint organizations_verified_domains check (verified_at is not null or cardinality(verified_email_domains) = 0);

alter table programmes add column required_verification text not null default 'email'
    check (required_verification in ('email', 'domain', 'identity'));
update programmes set required_verification = 'domain' where requires_verification;
alter table programmes drop column requires_verification;
