-- People. Their names, addresses and contacts lie in one table; rows that only grow hold ids.

-- The person behind a principal. What a person makes acts for that person: a limit on people counts all of it together.
alter table principals add column person_id uuid references principals (id) deferrable initially deferred;
update principals set person_id = id;
alter table principals alter column person_id set not null;
create index principals_by_person on principals (person_id, id);

-- Replicas of an earlier version do not know the column.
create function principal_is_a_person() returns trigger
    language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
    new.person_id := coalesce(new.person_id, new.id);
    return new;
end $$;
create trigger principals_have_a_person before insert on principals for each row execute function principal_is_a_person();

create table people (
    id          uuid primary key references principals (id) deferrable initially deferred,
    email       text check (length(email) between 3 and 254),
    name        text check (length(name) between 1 and 200),
    language    text check (language in ('en', 'ko')),
    -- An erased person keeps an id, and no more.
    status      text not null check (status in ('active', 'erased')),
    verified_at timestamptz not null,
    version     bigint not null check (version > 0),
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    check ((status = 'active') = (email is not null)),
    check ((status = 'active') = (name is not null)),
    check ((status = 'active') = (language is not null))
);
grant select, insert on people to gpugrants_runtime;
grant update (email, name, language, status, verified_at, version, updated_at) on people to gpugrants_runtime;

-- Who was proved to have an address. The row outlives the erasure of the person: whoever returns has the same id, limits and
-- suspensions.
create table identities (
    -- HMAC-SHA-256 of the folded address under the key of identity_keys, in hexadecimal digits.
    identity  text primary key check (identity ~ '^[0-9a-f]{64}$'),
    person_id uuid not null references people (id) deferrable initially deferred,
    since     timestamptz not null,
    -- Set when the person moved to another address.
    until     timestamptz,
    -- Deferred: a person moves from one address to another in one transaction.
    constraint identities_current exclude using btree (person_id with =) where (until is null) deferrable initially deferred
);
grant select, insert on identities to gpugrants_runtime;
grant update (since, until) on identities to gpugrants_runtime;

-- The secret under which addresses and codes are hashed, as Data Protection encrypts it. There is one.
create table identity_keys (
    id         integer primary key check (id = 1),
    secret     bytea not null,
    created_at timestamptz not null
);
grant select, insert on identity_keys to gpugrants_runtime;

-- A proof that an address is somebody's: a code that was mailed there. Details are encrypted, and gone once they were used.
create table address_proofs (
    id              uuid primary key,
    purpose         text not null check (purpose in ('sign-up', 'recovery', 'email-change')),
    identity        text not null check (identity ~ '^[0-9a-f]{64}$'),
    person_id       uuid references people (id) deferrable initially deferred,
    code_hash       bytea not null check (length(code_hash) = 32),
    -- Of a change of address: the code that went to the old one.
    old_code_hash   bytea check (length(old_code_hash) = 32),
    tries           integer not null check (tries between 0 and 5),
    details         bytea,
    created_at      timestamptz not null,
    expires_at      timestamptz not null check (expires_at > created_at),
    used_at         timestamptz,
    check ((purpose = 'email-change') = (old_code_hash is not null)),
    check (used_at is null or details is null)
);
create index address_proofs_by_age on address_proofs (expires_at);
grant select, insert, delete on address_proofs to gpugrants_runtime;
grant update (tries, details, used_at) on address_proofs to gpugrants_runtime;

-- Mail to be sent, made in the transaction of what it tells. What it says is encrypted, and gone once it was sent or given up.
create table mails (
    id              uuid primary key,
    payload         bytea,
    status          text not null check (status in ('pending', 'sent', 'failed')),
    attempts        integer not null check (attempts between 0 and 20),
    next_attempt_at timestamptz,
    created_at      timestamptz not null,
    ended_at        timestamptz,
    check ((status = 'pending') = (payload is not null)),
    check ((status = 'pending') = (next_attempt_at is not null)),
    check ((status = 'pending') = (ended_at is null))
);
create index mails_pending on mails (next_attempt_at) where status = 'pending';
create index mails_by_age on mails (ended_at) where status <> 'pending';
grant select, insert, delete on mails to gpugrants_runtime;
grant update (payload, status, attempts, next_attempt_at, ended_at) on mails to gpugrants_runtime;

-- Commands of one batch write a new person's rows in any order.
alter table api_clients alter constraint api_clients_principal_id_fkey deferrable initially deferred;
alter table role_assignments alter constraint role_assignments_principal_id_fkey deferrable initially deferred;
