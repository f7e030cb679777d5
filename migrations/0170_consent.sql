-- An offer serves a programme only as far as the programme accepted it: by an administrator, or by standing terms.
-- GPU time is in GPU-seconds, rates are in millicredits per GPU-hour.

create table standing_terms (
    root_programme_id uuid not null,
    id                uuid not null,
    programme_id      uuid not null references programmes (id),
    provider_id       uuid not null references providers (id),
    gpu_model_id      text not null references gpu_models (id),
    -- Empty for all regions.
    regions           text[] not null,
    max_rate          bigint not null check (max_rate between 0 and 1000000),
    capacity_seconds  bigint not null check (capacity_seconds > 0),
    -- What offers were accepted for under these terms so far.
    taken_seconds     bigint not null check (taken_seconds between 0 and capacity_seconds),
    starts_at         timestamptz not null,
    ends_at           timestamptz check (ends_at > starts_at),
    status            text not null check (status in ('active', 'ended')),
    created_by        uuid not null,
    client_id         text not null,
    ended_by          uuid,
    ended_at          timestamptz,
    version           bigint not null check (version > 0),
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    primary key (root_programme_id, id),
    check ((status = 'ended') = (ended_at is not null)),
    check ((ended_by is null) = (ended_at is null))
);
create unique index standing_terms_by_id on standing_terms (id);
create index standing_terms_by_programme on standing_terms (programme_id, provider_id, id);
grant select, insert on standing_terms to gpugrants_runtime;
grant update (taken_seconds, status, ended_by, ended_at, version, updated_at) on standing_terms to gpugrants_runtime;

alter table offers
    add column capacity_seconds  bigint not null default 0 check (capacity_seconds >= 0),
    add column accepted_seconds  bigint not null default 0,
    add column accepted_ends_at  timestamptz,
    add column accepted_at       timestamptz,
    add column standing_terms_id uuid,
    -- What the provider asks for and the programme has not accepted.
    add column pending_rate      bigint check (pending_rate between 0 and 1000000),
    add column pending_rate_from timestamptz,
    add column pending_seconds   bigint not null default 0 check (pending_seconds >= 0),
    add column pending_end       boolean not null default false,
    add column pending_ends_at   timestamptz,
    add column proposed_by       uuid[] not null default '{}',
    add column decided_by        uuid,
    add column decided_at        timestamptz,
    add column rejection_reason  text check (length(rejection_reason) between 1 and 2000);

-- Offers from before served without being accepted. They keep what they have; whatever goes beyond it waits from now on.
update offers o
set accepted_at = o.created_at, accepted_ends_at = o.ends_at, capacity_seconds = put_up.seconds, accepted_seconds = put_up.seconds
from (
    select one.id, coalesce(sum(case when t.credit_account_id = one.capacity_account_id then t.amount else -t.amount end), 0) as seconds
    from offers one
    left join transfers t on t.root_programme_id = one.root_programme_id and t.reason = 'capacity'
        and one.capacity_account_id in (t.credit_account_id, t.debit_account_id)
    group by one.id) put_up
where put_up.id = o.id;

alter table offers
    drop constraint offers_status_check,
    add constraint offers_status_check check (status in ('proposed', 'open', 'paused', 'ended', 'rejected')),
    add constraint offers_accepted check (accepted_at is not null or status in ('proposed', 'ended', 'rejected')),
    add constraint offers_proposed check (status <> 'proposed' or accepted_at is null),
    add constraint offers_capacity_accepted check (capacity_seconds <= accepted_seconds),
    add constraint offers_nothing_accepted check (accepted_at is not null or accepted_seconds = 0),
    add constraint offers_end_accepted check (accepted_ends_at is null or (ends_at is not null and ends_at <= accepted_ends_at)),
    add constraint offers_pending_rate check ((pending_rate is null) = (pending_rate_from is null)),
    add constraint offers_pending_end check (pending_end or pending_ends_at is null),
    add foreign key (root_programme_id, standing_terms_id) references standing_terms (root_programme_id, id);

-- A rate that is still to come may be replaced until it is due. What was charged stays.
alter table offer_rates add column replaced_at timestamptz;
grant update (millicredits_per_gpu_hour, replaced_at) on offer_rates to gpugrants_runtime;

create function refuse_due_rate() returns trigger language plpgsql as $$
begin
    if new.replaced_at is null or new.replaced_at >= old.effective_from then
        raise exception 'a rate that is due never changes' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger due_rates_stay before update on offer_rates for each row execute function refuse_due_rate();

-- An offer charges nothing that its programme has not accepted.
create function refuse_rate_without_consent() returns trigger language plpgsql as $$
begin
    if not exists (
        select from offers
        where root_programme_id = new.root_programme_id and id = new.offer_id and accepted_at is not null) then
        raise exception 'the programme has not accepted the offer' using errcode = 'restrict_violation';
    end if;
    return null;
end $$;
create constraint trigger rates_need_consent after insert on offer_rates
    deferrable initially deferred for each row execute function refuse_rate_without_consent();
