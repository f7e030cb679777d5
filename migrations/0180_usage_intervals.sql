-- A usage record says how many GPUs were in use from when to when, so that the same time is charged once.

-- The exact sum of a grant's usage, in thousandths of a GPU × milliseconds. It is rounded down once.
alter table grants add column used_gpu_microseconds bigint not null default 0;
update grants set used_gpu_microseconds = used_gpu_seconds * 1000000 where used_gpu_seconds > 0;
alter table grants add constraint grants_used_rounded_down check (used_gpu_seconds = used_gpu_microseconds / 1000000);

alter table usage_records disable trigger usage_records_append_only;
alter table usage_records
    add column provider_id uuid,
    add column milli_gpus integer,
    -- What the record stated, where the grant's life or the moment of the report cut it.
    add column stated_started_at timestamptz,
    add column stated_ended_at timestamptz,
    alter column transfer_id drop not null,
    drop constraint usage_records_gpu_seconds_check,
    drop constraint usage_records_pkey;
-- Older records said GPU-seconds: they used as few GPUs as that takes.
update usage_records u set provider_id = g.provider_id, milli_gpus = greatest(1, least(g.gpus * 1000::numeric,
    ceil(u.gpu_seconds * 1000 / extract(epoch from u.ended_at - u.started_at))))
from grants g where g.root_programme_id = u.root_programme_id and g.id = u.grant_id;
-- An id that a provider used for two grants of a tree stays with the earlier record.
update usage_records u set id = md5(u.grant_id::text || u.id::text)::uuid
where exists (select from usage_records o where o.root_programme_id = u.root_programme_id and o.provider_id = u.provider_id
    and o.id = u.id and (o.created_at, o.grant_id) < (u.created_at, u.grant_id));
alter table usage_records enable trigger usage_records_append_only;

alter table usage_records
    alter column provider_id set not null,
    alter column milli_gpus set not null,
    add constraint usage_records_milli_gpus_check check (milli_gpus > 0),
    -- A record that does not reach the next whole GPU-second charges none, and no transfer moves it.
    add constraint usage_records_gpu_seconds_check check (gpu_seconds >= 0),
    add constraint usage_records_moved check (gpu_seconds = 0 or transfer_id is not null),
    add primary key (root_programme_id, provider_id, id);
-- Finds the records that overlap a new one; a grant's id is in one tree.
create index usage_records_by_grant on usage_records (grant_id, ended_at);
