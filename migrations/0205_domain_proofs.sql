-- An organization proves an e-mail domain by itself: by a DNS record, or by a code that is mailed to an address there.

create table domain_proofs (
    id              uuid primary key,
    organization_id uuid not null references organizations (id),
    domain          text not null check (length(domain) between 3 and 230 and domain = lower(domain)),
    method          text not null check (method in ('dns', 'email')),
    -- Of a mailed code. The value of a DNS record is computed from a key and stored nowhere.
    code_hash       bytea check (length(code_hash) = 32),
    tries           integer not null check (tries between 0 and 5),
    created_by      uuid not null references principals (id) deferrable initially deferred,
    client_id       text not null,
    created_at      timestamptz not null,
    expires_at      timestamptz not null check (expires_at > created_at),
    -- Set when the domain was proved.
    proved_at       timestamptz,
    verification_id uuid,
    check ((method = 'email') = (code_hash is not null)),
    check ((proved_at is null) = (verification_id is null))
);
create index domain_proofs_by_organization on domain_proofs (organization_id, id);
create index domain_proofs_by_age on domain_proofs (expires_at) where proved_at is null;
grant select, insert, delete on domain_proofs to gpugrants_runtime;
grant update (tries, proved_at, verification_id) on domain_proofs to gpugrants_runtime;

-- Calls that all replicas count together: codes that are mailed, names that are looked up.
create table call_windows (
    -- The limit's name and an id or a keyed hash.
    key      text primary key check (length(key) between 3 and 200),
    began_at timestamptz not null,
    taken    integer not null check (taken > 0)
);
create index call_windows_by_age on call_windows (began_at);
grant select, insert, delete on call_windows to gpugrants_runtime;
grant update (began_at, taken) on call_windows to gpugrants_runtime;
