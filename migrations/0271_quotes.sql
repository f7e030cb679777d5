-- A quote pins an offer, its rate and GPU time for a while. The GPU time is held in the ledger, under the ids that the request and the
-- grant would get. GPU time is in GPU-seconds, credits are in 1/3,600,000 credit.

create table quotes (
    root_programme_id  uuid not null,
    id                 uuid not null,
    programme_id       uuid not null references programmes (id),
    organization_id    uuid not null references organizations (id),
    -- Whose quote it is, and whom the bound counts.
    person_id          uuid not null,
    client_id          text not null,
    offer_id           uuid not null,
    provider_id        uuid not null references providers (id),
    gpu_model_id       text not null references gpu_models (id),
    offer_region       text not null,
    -- Null on GPU-hours without dates.
    mode               grant_mode,
    gpu_seconds        bigint not null check (gpu_seconds > 0),
    gpus               int not null check (gpus > 0),
    gpu_models         text[] not null,
    min_gpu_memory_gib int,
    region             text,
    millicredits_per_gpu_hour bigint not null check (millicredits_per_gpu_hour between 0 and 1000000),
    starts_at          timestamptz not null,
    ends_at            timestamptz not null,
    expires_at         timestamptz not null check (expires_at > created_at),
    status             text not null check (status in ('open', 'used', 'expired')),
    -- The ids that its request and its grant would get.
    request_id         uuid not null,
    grant_id           uuid not null,
    time_hold_id       uuid not null,
    livemode           boolean not null,
    version            bigint not null check (version > 0),
    created_at         timestamptz not null,
    updated_at         timestamptz not null,
    primary key (root_programme_id, id),
    foreign key (root_programme_id, offer_id) references offers (root_programme_id, id),
    check (starts_at < ends_at and expires_at < ends_at)
);
create unique index quotes_by_id on quotes (id);
create index quotes_by_person on quotes (person_id, id);
create index quotes_due on quotes (root_programme_id, expires_at) where status = 'open';
create index quotes_on_offers on quotes (root_programme_id, offer_id) where status = 'open';
grant select, insert on quotes to gpugrants_runtime;
grant update (status, version, updated_at) on quotes to gpugrants_runtime;

-- A quote is used once, or expires once.
create function refuse_closed_quote() returns trigger language plpgsql as $$
begin
    raise exception 'the quote is closed' using errcode = 'restrict_violation';
end $$;
create trigger closed_quotes_stay before update on quotes for each row
    when (old.status <> 'open') execute function refuse_closed_quote();
