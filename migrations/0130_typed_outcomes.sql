-- The counter-offer of a decision, which nobody has to read out of its explanation, and the request's version that the decision made.
alter table decisions add column max_grantable_gpu_seconds bigint not null default 0 check (max_grantable_gpu_seconds >= 0);
alter table decisions add column request_version bigint not null default 1 check (request_version > 0);

-- A request as it was before an amendment replaced the ask: an earlier decision still tells what it decided.
create table request_revisions (
    root_programme_id uuid not null,
    request_id        uuid not null,
    -- The last version of the request with this ask.
    version           bigint not null check (version > 0),
    request           jsonb not null,
    primary key (root_programme_id, request_id, version)
);
grant select, insert on request_revisions to gpugrants_runtime;

-- A used key points to the decision that its call came to: the answer is rendered again from what the decision pinned. Only where no
-- decision can give it, the answer itself is kept. Every row may be deleted at any time; nothing else needs it.
drop table idempotency_keys;
create table idempotency_keys (
    -- The first 128 bits of the SHA-256 of client, endpoint and key.
    id                uuid primary key,
    request_hash      bytea not null check (length(request_hash) = 32),
    root_programme_id uuid not null,
    -- Which code renders the answer, with its version; null when the answer is kept.
    renderer          text,
    decision_id       uuid,
    language          text,
    -- What else shaped the answer, as the renderer writes it.
    shape             text,
    status            integer check (status between 200 and 499),
    -- Compressed by the service: most answers are long, alike, and never asked for again.
    body              bytea,
    body_encoding     text check (body_encoding in ('identity', 'br')),
    content_type      text,
    location          text,
    etag              text,
    created_at        timestamptz not null,
    check ((renderer is null) = (status is not null and body is not null and body_encoding is not null and content_type is not null)),
    check ((renderer is null) = (decision_id is null))
);
create index idempotency_keys_by_age on idempotency_keys (created_at);
grant select, insert, delete on idempotency_keys to gpugrants_runtime;
