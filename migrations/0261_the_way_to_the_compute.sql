-- How somebody gets to the GPUs of an offer: instructions, tokens that providers verify, and what they have to refuse meanwhile.

alter table offers add column connection text check (length(connection) between 1 and 4000);

-- Tokens of grants have keys of their own, so that no service mistakes one kind of token for the other.
alter table signing_keys add column purpose text not null default 'access' check (purpose in ('access', 'grant'));

-- Until when the last token of a grant lives. The token itself is stored nowhere.
create table grant_tokens (
    root_programme_id uuid not null,
    grant_id          uuid not null,
    provider_id       uuid not null references providers (id),
    expires_at        timestamptz not null,
    primary key (root_programme_id, grant_id),
    foreign key (root_programme_id, grant_id) references grants (root_programme_id, id)
);
create index grant_tokens_by_provider on grant_tokens (provider_id, expires_at);
grant select, insert, update (expires_at), delete on grant_tokens to gpugrants_runtime;
