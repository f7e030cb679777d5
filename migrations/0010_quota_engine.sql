-- Requests for higher limits say their reason in Korean, too; null for what a person wrote.

alter table quota_increase_decisions add column korean_message text;

-- Simulations: each open one of a policy has a place of its own, so that their number is bounded by a constraint; ended ones may be
-- deleted.

alter table quota_simulations add column place integer not null default 1 check (place > 0);
update quota_simulations s set place = numbered.place
from (select root_programme_id, id, row_number() over (partition by policy_id order by created_at, id) as place
    from quota_simulations where status in ('waiting', 'running')) numbered
where s.root_programme_id = numbered.root_programme_id and s.id = numbered.id;
alter table quota_simulations alter column place drop default;
create unique index quota_simulations_places on quota_simulations (policy_id, place) where status in ('waiting', 'running');
create index quota_simulations_ended on quota_simulations (finished_at) where status in ('done', 'failed');

grant delete on quota_simulations to gpugrants_runtime;
