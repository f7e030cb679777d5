-- An endpoint's turn comes by when somebody last worked for it, so that slow receivers keep nobody else waiting for long. A notice has a
-- time, because an endpoint is disabled no sooner than two days after it.
alter table webhook_dispatch add column worked_at timestamptz;

alter table webhook_dispatch add column noticed_at timestamptz;

update webhook_dispatch set noticed_at = now() where is_noticed;

alter table webhook_dispatch drop column is_noticed;
