-- An offer's capacity is GPU-hours without dates, as before, or dated tranches: GPUs between two moments.

alter table offers add column tranches int not null default 0 check (tranches between 0 and 200);

create table offer_tranches (
    root_programme_id uuid not null,
    offer_id          uuid not null,
    number            int not null check (number between 1 and 200),
    -- GPUs at every instant, less those that were withdrawn.
    gpus              int not null check (gpus between 0 and 100000),
    put_up_gpus       int not null check (put_up_gpus between 1 and 100000),
    -- Full hours, so that what a tranche brings is a whole number of GPU-hours.
    starts_at         timestamptz not null check (starts_at = date_trunc('hour', starts_at, 'UTC')),
    ends_at           timestamptz not null check (ends_at = date_trunc('hour', ends_at, 'UTC')),
    status            text not null check (status in ('proposed', 'open', 'withdrawn', 'rejected')),
    created_by        uuid not null,
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    primary key (root_programme_id, offer_id, number),
    foreign key (root_programme_id, offer_id) references offers (root_programme_id, id) deferrable initially deferred,
    check (starts_at < ends_at),
    check (gpus <= put_up_gpus),
    check ((status in ('proposed', 'open')) = (gpus > 0))
);
grant select, insert on offer_tranches to gpugrants_runtime;
grant update (gpus, status, updated_at) on offer_tranches to gpugrants_runtime;

-- A tranche only shrinks, and what was withdrawn or rejected stays so.
create function refuse_growing_tranche() returns trigger language plpgsql as $$
begin
    raise exception 'a tranche only shrinks' using errcode = 'restrict_violation';
end $$;
create trigger tranches_only_shrink before update on offer_tranches for each row
    when (new.gpus > old.gpus or (old.status <> new.status and not (old.status = 'proposed' or new.status = 'withdrawn')))
    execute function refuse_growing_tranche();

-- A grant on dated tranches: pooled hours within its dates, or reserved GPUs. Null for GPU-hours without dates, which no index lists.
create domain grant_mode as text check (value in ('pooled', 'reserved'));
alter table grants add column mode grant_mode;
create index grants_promised on grants (root_programme_id, offer_id) where mode is not null and status not in ('ending', 'ended');
create index requests_held_on_offers on requests (root_programme_id, offer_id) where status = 'in-review';
