-- Who may call: principals, their API clients and roles, and the keys that sign tokens.

create table principals (
    id               uuid primary key,
    name             text not null check (length(name) between 1 and 200),
    -- Set for people who come through an external OIDC issuer.
    external_issuer  text,
    external_subject text,
    status           text not null check (status in ('active', 'disabled')),
    version          bigint not null check (version > 0),
    created_at       timestamptz not null,
    updated_at       timestamptz not null,
    check ((external_issuer is null) = (external_subject is null))
);
create unique index principals_by_external on principals (external_issuer, external_subject) where external_issuer is not null;

create table api_clients (
    id              uuid primary key,
    client_id       text not null unique check (length(client_id) between 1 and 100),
    principal_id    uuid not null references principals (id),
    -- The organization whose owners manage the client; null for one of the platform's own people.
    organization_id uuid,
    name            text not null check (length(name) between 1 and 200),
    scopes          text[] not null,
    -- SHA-256 of a secret of 256 random bits: such a secret cannot be guessed, so a slow hash would add nothing.
    secret_hash     bytea not null check (length(secret_hash) = 32),
    -- After a rotation the old secret works until then.
    previous_secret_hash  bytea check (length(previous_secret_hash) = 32),
    previous_secret_until timestamptz,
    status          text not null check (status in ('active', 'revoked')),
    expires_at      timestamptz,
    created_by      uuid not null,
    version         bigint not null check (version > 0),
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    check ((previous_secret_hash is null) = (previous_secret_until is null))
);
create index api_clients_by_organization on api_clients (organization_id, id);
create index api_clients_by_principal on api_clients (principal_id, id);

create table role_assignments (
    id           uuid primary key,
    principal_id uuid not null references principals (id),
    role         text not null check (role in ('platform-administrator', 'programme-administrator', 'programme-reviewer',
        'provider-operator',
                                               'organization-owner', 'organization-member', 'partner')),
    -- The programme, provider, organization or partner; null for the platform.
    resource_id  uuid,
    created_by   uuid not null,
    created_at   timestamptz not null,
    check ((role = 'platform-administrator') = (resource_id is null))
);
create unique index role_assignments_once on role_assignments (principal_id, role, resource_id) nulls not distinct;
create index role_assignments_by_resource on role_assignments (resource_id, id);

create table signing_keys (
    id           text primary key,
    private_key  text not null,
    created_at   timestamptz not null,
    active_from  timestamptz not null,
    retired_from timestamptz not null check (retired_from > active_from)
);

grant select, insert, update on principals, api_clients to gpugrants_runtime;
grant select, insert, delete on role_assignments, signing_keys to gpugrants_runtime;
