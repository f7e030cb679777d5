-- Answers that a client may ask for again with the same key. The primary key is what makes two concurrent uses one.
create table idempotency_keys (
    -- The first 128 bits of the SHA-256 of client, endpoint and key.
    id           uuid primary key,
    client_id    text not null,
    endpoint     text not null,
    key          text not null check (length(key) between 1 and 255),
    request_hash bytea not null check (length(request_hash) = 32),
    status       integer not null check (status between 200 and 499),
    -- Compressed by the service: most answers are long, alike, and never asked for again.
    body         bytea not null,
    body_encoding text not null check (body_encoding in ('identity', 'br')),
    content_type text not null,
    location     text,
    etag         text,
    created_at   timestamptz not null
);
create index idempotency_keys_by_age on idempotency_keys (created_at);
grant select, insert, delete on idempotency_keys to gpugrants_runtime;
