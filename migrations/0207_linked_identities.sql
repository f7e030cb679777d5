-- A person links subjects of trusted issuers. Whoever had a subject keeps it, so that nobody gets new limits by it.

create table linked_identities (
    -- HMAC-SHA-256 of issuer and subject under the key of identity_keys, in hexadecimal digits.
    identity  text primary key check (identity ~ '^[0-9a-f]{64}$'),
    id        uuid not null unique,
    issuer    text not null check (length(issuer) between 1 and 500),
    person_id uuid not null references people (id) deferrable initially deferred,
    since     timestamptz not null,
    -- Set when the person unlinked it, or was erased.
    until     timestamptz
);
create index linked_identities_by_person on linked_identities (person_id, id);
grant select, insert on linked_identities to gpugrants_runtime;
grant update (since, until) on linked_identities to gpugrants_runtime;

-- Whose identity an issuer showed: the verification ends when that person owns the organization no more.
alter table verifications add column person_id uuid references principals (id) deferrable initially deferred;
create index verifications_by_person on verifications (person_id) where person_id is not null and ended_at is null;
