-- A provider corrects or voids a usage record by its id. The record changes, and its history keeps what it was and why.

alter table usage_records
    add column version bigint not null default 1 check (version > 0),
    add column voided_at timestamptz,
    -- The grant's sum is rounded once, so a correction may give back a second that another record charged.
    drop constraint usage_records_gpu_seconds_check,
    drop constraint usage_records_credits_check,
    drop constraint usage_records_moved,
    add constraint usage_records_gpu_seconds_check check (gpu_seconds >= 0 or version > 1),
    add constraint usage_records_credits_check check (credits >= 0 or version > 1),
    add constraint usage_records_moved check (gpu_seconds = 0 or transfer_id is not null or version > 1);

create table usage_revisions (
    root_programme_id uuid not null,
    provider_id       uuid not null,
    record_id         uuid not null,
    -- The version of the record that was replaced. The columns are as in usage_records.
    version           bigint not null check (version > 0),
    milli_gpus        integer not null check (milli_gpus > 0),
    gpu_seconds       bigint not null,
    credits           bigint not null,
    started_at        timestamptz not null,
    ended_at          timestamptz not null check (ended_at > started_at),
    stated_started_at timestamptz,
    stated_ended_at   timestamptz,
    reason            text not null check (length(reason) between 1 and 2000),
    transfer_id       uuid,
    corrected_by      uuid not null,
    client_id         text not null,
    created_at        timestamptz not null,
    primary key (root_programme_id, provider_id, record_id, version),
    foreign key (root_programme_id, provider_id, record_id) references usage_records (root_programme_id, provider_id, id)
);
create trigger usage_revisions_append_only before update or delete or truncate on usage_revisions
    for each statement execute function refuse_change();
grant select, insert on usage_revisions to gpugrants_runtime;

-- A record only changes together with the revision that keeps what it was.
create function refuse_unkept_usage() returns trigger language plpgsql as $$
begin
    if new.version <> old.version + 1 or old.voided_at is not null
        or (new.root_programme_id, new.provider_id, new.id, new.grant_id, new.created_at)
            is distinct from (old.root_programme_id, old.provider_id, old.id, old.grant_id, old.created_at)
        or not exists (
            select from usage_revisions r
            where r.root_programme_id = old.root_programme_id and r.provider_id = old.provider_id and r.record_id = old.id
                and r.version = old.version and r.milli_gpus = old.milli_gpus and r.gpu_seconds = old.gpu_seconds
                and r.credits = old.credits and r.started_at = old.started_at and r.ended_at = old.ended_at) then
        raise exception 'a usage record changes only by a correction that keeps what it was' using errcode = 'restrict_violation';
    end if;
    return null;
end $$;
drop trigger usage_records_append_only on usage_records;
create trigger usage_records_append_only before delete or truncate on usage_records for each statement execute function refuse_change();
create constraint trigger usage_records_keep_history after update on usage_records
    deferrable initially deferred for each row execute function refuse_unkept_usage();
grant update (milli_gpus, gpu_seconds, credits, started_at, ended_at, stated_started_at, stated_ended_at, version, voided_at)
    on usage_records to gpugrants_runtime;

alter table quota_facts drop constraint quota_facts_kind_check;
alter table quota_facts add constraint quota_facts_kind_check
    check (kind in ('requested', 'held', 'hold-released', 'granted', 'returned', 'used', 'grant-ended', 'request-closed', 'awarded',
        'referred', 'refused', 'released', 'unused'));
