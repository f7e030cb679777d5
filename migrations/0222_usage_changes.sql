-- When a usage record was recorded or corrected last, so that whoever keeps a copy asks for what changed since.
alter table usage_records add column updated_at timestamptz;
alter table usage_records disable trigger usage_records_keep_history;
update usage_records u set updated_at = coalesce(
    (select max(r.created_at) from usage_revisions r
        where r.root_programme_id = u.root_programme_id and r.provider_id = u.provider_id and r.record_id = u.id), u.created_at);
alter table usage_records enable trigger usage_records_keep_history;
alter table usage_records alter column updated_at set not null;
grant update (updated_at) on usage_records to gpugrants_runtime;
