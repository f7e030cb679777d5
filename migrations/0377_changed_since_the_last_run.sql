-- The version of an endpoint that its last run worked for. An endpoint that was changed since is tried at once, whatever pause it has, and
-- what failed before counts no more. Moments do not tell that: an endpoint's are those of the platform's tree, which may be ahead of the
-- clock. No constraint ties it to paused_until, which replicas from before this column clear alone.
alter table webhook_dispatch add column worked_version bigint check (worked_version >= 0);

update webhook_dispatch d set worked_version = case when d.worked_at < e.updated_at then e.version - 1 else e.version end
from webhook_endpoints e where e.id = d.endpoint_id and d.worked_at is not null;
