-- What a correction gave back and the grant could not keep: the grant is settled, or a limit on used hours has no room for it.
alter table usage_revisions add column returned_gpu_seconds bigint not null default 0 check (returned_gpu_seconds >= 0);
alter table usage_disputes add column returned_gpu_seconds bigint not null default 0 check (returned_gpu_seconds >= 0);
alter table outages add column returned_gpu_seconds bigint not null default 0 check (returned_gpu_seconds >= 0);
grant update (returned_gpu_seconds) on usage_disputes to gpugrants_runtime;
