-- A grant that runs gets fewer GPUs from a moment on. What ran before on all of them may still be reported.

alter domain fact_kind drop constraint fact_kind_check;
alter domain fact_kind add constraint fact_kind_check
    check (value in ('requested', 'held', 'hold-released', 'granted', 'returned', 'used', 'grant-ended', 'request-closed', 'reasked',
        'awarded', 'referred', 'refused', 'released', 'unused', 'topped-up', 'held-more', 'moved-out', 'moved-in', 'gpus-given-back',
        'gpus-taken-again'));

-- The GPUs that it had before it first gave some back while it ran; null while it has all.
alter table grants add column most_gpus positive_int;

create table grant_gpu_cuts (
    root_programme_id uuid not null,
    grant_id          uuid not null,
    id                uuid not null,
    cut_at            timestamptz not null,
    -- How many it gave back.
    gpus              integer not null check (gpus > 0),
    primary key (root_programme_id, grant_id, id),
    foreign key (root_programme_id, grant_id) references grants (root_programme_id, id)
);
create index grant_gpu_cuts_by_grant on grant_gpu_cuts (grant_id);
create trigger grant_gpu_cuts_append_only before update or delete or truncate on grant_gpu_cuts
    for each statement execute function refuse_change();
grant select, insert on grant_gpu_cuts to gpugrants_runtime;
