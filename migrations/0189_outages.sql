-- A time in which an offer did not serve as promised. What was used in it is credited back, and the provider pays for it.
create table outages (
    root_programme_id uuid not null,
    id                uuid not null,
    offer_id          uuid not null,
    provider_id       uuid not null,
    started_at        timestamptz not null,
    ended_at          timestamptz not null check (ended_at > started_at),
    evidence          text not null check (length(evidence) between 1 and 2000),
    -- Whether the provider said so itself; else an administrator confirmed it.
    by_provider       boolean not null,
    reported_by       uuid not null,
    client_id         text not null,
    -- What it gave back when it was recorded: of so many records, in GPU-seconds and in 1/3,600,000 credit.
    records           integer not null check (records >= 0),
    gpu_seconds       bigint not null check (gpu_seconds >= 0),
    credits           bigint not null check (credits >= 0),
    created_at        timestamptz not null,
    primary key (root_programme_id, id)
);
create index outages_by_offer on outages (offer_id, ended_at);
create trigger outages_append_only before update or delete or truncate on outages for each statement execute function refuse_change();
grant select, insert on outages to gpugrants_runtime;

alter table usage_records add column excused_gpu_microseconds bigint not null default 0 check (excused_gpu_microseconds >= 0);
alter table usage_revisions add column excused_gpu_microseconds bigint not null default 0 check (excused_gpu_microseconds >= 0);
grant update (excused_gpu_microseconds) on usage_records to gpugrants_runtime;

create or replace function refuse_unkept_usage() returns trigger language plpgsql as $$
begin
    if new.version <> old.version + 1 or old.voided_at is not null
        or (new.root_programme_id, new.provider_id, new.id, new.grant_id, new.created_at)
            is distinct from (old.root_programme_id, old.provider_id, old.id, old.grant_id, old.created_at)
        or not exists (
            select from usage_revisions r
            where r.root_programme_id = old.root_programme_id and r.provider_id = old.provider_id and r.record_id = old.id
                and r.version = old.version and r.milli_gpus = old.milli_gpus and r.gpu_seconds = old.gpu_seconds
                and r.credits = old.credits and r.started_at = old.started_at and r.ended_at = old.ended_at
                and r.uncharged_gpu_microseconds = old.uncharged_gpu_microseconds
                and r.excused_gpu_microseconds = old.excused_gpu_microseconds) then
        raise exception 'a usage record changes only by a correction that keeps what it was' using errcode = 'restrict_violation';
    end if;
    return null;
end $$;
