-- Callers give what they make a name and notes of their own, and find it again by the name.

create domain external_id as text check (length(value) between 1 and 200);
create domain metadata as jsonb check (jsonb_typeof(value) = 'object' and length(value::text) <= 16384);

alter table requests add column external_id external_id, add column metadata metadata;
alter table organizations add column external_id external_id, add column metadata metadata;

-- Only what has a name is in them.
create index requests_by_external_id on requests (external_id) where external_id is not null;
create index organizations_by_external_id on organizations (external_id) where external_id is not null;
