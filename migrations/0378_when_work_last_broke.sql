-- When the work for an endpoint last broke. A later run that has come past what there was to do at that moment ends the fault, also where
-- it does not look at everything. Replicas from before this column clear broken_since alone, so no constraint ties the two.
alter table webhook_dispatch add column broken_at timestamptz;

update webhook_dispatch set broken_at = worked_at where broken_since is not null;
