-- When time was added to a grant for use beyond it. What the grant gives back leaves the quota windows in which it counted, and added time
-- counted at its own moment.
create table grant_top_ups (
    root_programme_id    uuid not null,
    grant_id             uuid not null,
    id                   uuid not null,
    topped_up_at         timestamptz not null,
    gpu_seconds          bigint not null check (gpu_seconds > 0),
    returned_gpu_seconds bigint not null default 0 check (returned_gpu_seconds between 0 and gpu_seconds),
    primary key (root_programme_id, grant_id, id),
    foreign key (root_programme_id, grant_id) references grants (root_programme_id, id)
);
create trigger grant_top_ups_append_only before delete or truncate on grant_top_ups
    for each statement execute function refuse_change();
grant select, insert on grant_top_ups to gpugrants_runtime;
grant update (returned_gpu_seconds) on grant_top_ups to gpugrants_runtime;
