-- A grant is suspended and resumed. Use beyond it, or while it is suspended, is recorded and not charged. A programme says what follows.

-- Each suspension of a grant, from 1 on. They share no instant.
create table grant_suspensions (
    root_programme_id uuid not null,
    grant_id          uuid not null,
    number            integer not null check (number between 1 and 100),
    started_at        timestamptz not null,
    -- Null for what the service did by the programme's policy.
    reason            text check (length(reason) between 1 and 2000),
    author_id         uuid not null,
    client_id         text not null,
    ended_at          timestamptz check (ended_at >= started_at),
    end_reason        text check (length(end_reason) between 1 and 2000),
    ended_by          uuid,
    primary key (root_programme_id, grant_id, number),
    foreign key (root_programme_id, grant_id) references grants (root_programme_id, id),
    check ((ended_at is null) = (ended_by is null))
);
create unique index grant_suspensions_open on grant_suspensions (root_programme_id, grant_id) where ended_at is null;
create trigger grant_suspensions_append_only before delete or truncate on grant_suspensions
    for each statement execute function refuse_change();
grant select, insert on grant_suspensions to gpugrants_runtime;
grant update (ended_at, end_reason, ended_by) on grant_suspensions to gpugrants_runtime;

alter table grants
    drop constraint grants_status_check,
    drop constraint grants_end_whole,
    -- How often it was suspended so far.
    add column suspensions integer not null default 0 check (suspensions between 0 and 100),
    add column suspended_at timestamptz,
    -- What was used and nobody pays for, in thousandths of a GPU × milliseconds.
    add column uncharged_gpu_microseconds bigint not null default 0 check (uncharged_gpu_microseconds >= 0),
    -- What the programme added for use beyond the grant. It is part of gpu_seconds.
    add column grace_gpu_seconds bigint not null default 0 check (grace_gpu_seconds between 0 and gpu_seconds - 1),
    add constraint grants_status_check check (status in ('active', 'suspended', 'ending', 'ended')),
    add constraint grants_suspended_whole check ((status = 'suspended') = (suspended_at is not null)),
    add constraint grants_end_whole check ((status in ('active', 'suspended')) = (ended_at is null)
        and (ended_at is null) = (ended_as is null) and (ended_at is null) = (settles_at is null));
create index grants_suspended_to_expire on grants (expires_at) where status = 'suspended';

alter table usage_records add column uncharged_gpu_microseconds bigint not null default 0 check (uncharged_gpu_microseconds >= 0);
alter table usage_revisions add column uncharged_gpu_microseconds bigint not null default 0 check (uncharged_gpu_microseconds >= 0);
grant update (uncharged_gpu_microseconds) on usage_records to gpugrants_runtime;

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
                and r.uncharged_gpu_microseconds = old.uncharged_gpu_microseconds) then
        raise exception 'a usage record changes only by a correction that keeps what it was' using errcode = 'restrict_violation';
    end if;
    return null;
end $$;

-- What follows use beyond a grant: time that is added, and how much uncharged time suspends or ends it. GPU-seconds; null for never.
alter table programmes
    add column grace_gpu_seconds bigint check (grace_gpu_seconds > 0),
    add column suspend_after_gpu_seconds bigint check (suspend_after_gpu_seconds >= 0),
    add column revoke_after_gpu_seconds bigint check (revoke_after_gpu_seconds >= 0);

alter table quota_facts drop constraint quota_facts_kind_check;
alter table quota_facts add constraint quota_facts_kind_check
    check (kind in ('requested', 'held', 'hold-released', 'granted', 'returned', 'used', 'grant-ended', 'request-closed', 'reasked',
        'awarded', 'referred', 'refused', 'released', 'unused', 'topped-up'));
