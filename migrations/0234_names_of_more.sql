-- Projects, programmes and offers have the caller's own name and notes too, and owners change those of an organization.

alter table projects add column external_id external_id, add column metadata metadata;
alter table programmes add column external_id external_id, add column metadata metadata;
alter table offers add column external_id external_id, add column metadata metadata;

-- Only what has a name is in them.
create index projects_by_external_id on projects (external_id) where external_id is not null;
create index programmes_by_external_id on programmes (external_id) where external_id is not null;
create index offers_by_external_id on offers (external_id) where external_id is not null;

grant update (external_id, metadata) on organizations to gpugrants_runtime;

-- JSON writes some characters as two, so the texts that the service takes may be twice as long here.
alter domain metadata drop constraint metadata_check;
alter domain metadata add constraint metadata_check check (jsonb_typeof(value) = 'object' and length(value::text) <= 32768);
