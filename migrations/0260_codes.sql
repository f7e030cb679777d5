-- One-time codes that a programme mints from its budget. What they need is reserved in the ledger until somebody redeems them.
-- GPU time is in GPU-seconds, credits are in 1/3,600,000 credit.

alter domain account_kind drop constraint account_kind_check;
alter domain account_kind add constraint account_kind_check
    check (value in ('issuance', 'budget', 'earned', 'disputed', 'breakage', 'grant', 'supply', 'capacity', 'delivered', 'codes'));
alter table accounts
    drop constraint accounts_kind_fits,
    add constraint accounts_kind_fits check (
        floored = (kind not in ('issuance', 'supply'))
        and (kind in ('grant', 'codes') or (unit = 'credit') = (kind not in ('supply', 'capacity', 'delivered'))));

create table code_batches (
    root_programme_id   uuid not null,
    id                  uuid not null,
    programme_id        uuid not null references programmes (id),
    -- Whose budget the credits came from.
    budget_programme_id uuid not null references programmes (id),
    offer_id            uuid not null,
    provider_id         uuid not null references providers (id),
    gpu_model_id        text not null references gpu_models (id),
    name                text not null check (octet_length(name) between 1 and 1600),
    purpose             text not null check (length(purpose) between 1 and 2000),
    tags                text[] not null,
    -- The address that a printed code's picture leads to; null for the code alone.
    link                text check (length(link) between 1 and 200),
    -- Of each code.
    gpu_seconds         bigint not null check (gpu_seconds > 0),
    gpus                int not null check (gpus > 0),
    duration_seconds    bigint not null check (duration_seconds > 0),
    credits             bigint not null check (credits >= 0),
    count               int not null check (count between 1 and 5000),
    redeemed            int not null check (redeemed between 0 and count),
    redeem_by           timestamptz not null check (redeem_by > created_at),
    status              text not null check (status in ('active', 'ended')),
    created_by          uuid not null,
    client_id           text not null,
    -- Who ended it; null when its time was over, or its programme ended.
    ended_by            uuid,
    ended_at            timestamptz,
    version             bigint not null check (version > 0),
    created_at          timestamptz not null,
    updated_at          timestamptz not null,
    primary key (root_programme_id, id),
    foreign key (root_programme_id, offer_id) references offers (root_programme_id, id),
    check ((status = 'ended') = (ended_at is not null)),
    check (ended_by is null or ended_at is not null)
);
create unique index code_batches_by_id on code_batches (id);
create index code_batches_by_programme on code_batches (programme_id, id);
create index code_batches_due on code_batches (redeem_by) where status = 'active';
grant select, insert on code_batches to gpugrants_runtime;
grant update (redeemed, status, ended_by, ended_at, version, updated_at) on code_batches to gpugrants_runtime;

create table grant_codes (
    root_programme_id uuid not null,
    batch_id          uuid not null,
    number            int not null check (number between 1 and 5000),
    -- A keyed hash of the code, by which it is found. The code itself is stored nowhere.
    lookup            bytea not null check (length(lookup) = 32),
    -- The request that spent it.
    request_id        uuid,
    redeemed_at       timestamptz,
    primary key (root_programme_id, batch_id, number),
    foreign key (root_programme_id, batch_id) references code_batches (root_programme_id, id) deferrable initially deferred,
    check ((request_id is null) = (redeemed_at is null))
);
create unique index grant_codes_by_lookup on grant_codes (lookup);
grant select, insert on grant_codes to gpugrants_runtime;
grant update (request_id, redeemed_at) on grant_codes to gpugrants_runtime;

-- A code pays once.
create function refuse_spent_code() returns trigger language plpgsql as $$
begin
    raise exception 'the code was redeemed before' using errcode = 'restrict_violation';
end $$;
create trigger codes_pay_once before update on grant_codes for each row
    when (old.request_id is not null and (new.request_id, new.redeemed_at) is distinct from (old.request_id, old.redeemed_at))
    execute function refuse_spent_code();

-- What was minted stays, and an ended batch ends once.
create function refuse_ended_batch() returns trigger language plpgsql as $$
begin
    raise exception 'the batch of codes has ended' using errcode = 'restrict_violation';
end $$;
create trigger ended_batches_stay before update on code_batches for each row
    when (old.status = 'ended') execute function refuse_ended_batch();

-- One code per person and batch.
create table code_redemptions (
    root_programme_id uuid not null,
    batch_id          uuid not null,
    person_id         uuid not null,
    number            int not null,
    request_id        uuid not null,
    created_at        timestamptz not null,
    primary key (root_programme_id, batch_id, person_id),
    unique (root_programme_id, batch_id, number),
    foreign key (root_programme_id, batch_id, number) references grant_codes (root_programme_id, batch_id, number)
        deferrable initially deferred
);
grant select, insert on code_redemptions to gpugrants_runtime;
