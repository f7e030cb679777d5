-- A limit on use counts what grants may still use, in each window that their dates overlap. So a fact about a grant or a hold says when it
-- may be used and what it had left before. A use says when it began, so that it counts in each window for its part.

alter table quota_facts
    add column life_from timestamptz,
    add column life_to timestamptz,
    -- GPU-seconds, right before the fact.
    add column outstanding_seconds bigint check (outstanding_seconds > 0),
    add column used_from timestamptz check (used_from < counts_at),
    add constraint quota_facts_life_whole check ((life_from is null) = (life_to is null)),
    add constraint quota_facts_outstanding_has_life check (outstanding_seconds is null or life_from is not null);

-- What happened before this file is completed from its grants and requests.
alter table quota_facts disable trigger quota_facts_append_only;
with grown as (
    select f.root_programme_id, f.event_sequence, f.ordinal, g.starts_at, g.expires_at, g.ended_at, g.gpus,
        f.kind in ('awarded', 'granted') as is_award,
        g.gpu_seconds - coalesce(sum(f.gpu_seconds) filter (where f.kind in ('used', 'returned')) over before, 0) as seconds,
        coalesce(bool_or(f.kind = 'grant-ended') over before, false) as is_over
    from quota_facts f
    join grants g on g.root_programme_id = f.root_programme_id and g.context_id = f.context_id
    where f.kind in ('awarded', 'granted', 'used', 'returned', 'grant-ended')
    window before as (partition by f.root_programme_id, f.context_id order by f.event_sequence, f.ordinal
        rows between unbounded preceding and 1 preceding))
update quota_facts f
set life_from = r.starts_at, life_to = case when r.is_over then r.ended_at else r.expires_at end, gpus = r.gpus,
    outstanding_seconds = case when r.is_award then null else nullif(r.seconds, 0)::bigint end
from grown r
where f.root_programme_id = r.root_programme_id and f.event_sequence = r.event_sequence and f.ordinal = r.ordinal;
update quota_facts f
set life_from = q.starts_at, life_to = q.starts_at + make_interval(secs => q.duration_seconds),
    outstanding_seconds = case when f.kind in ('hold-released', 'released') then nullif(f.gpu_seconds, 0) end
from requests q
where q.root_programme_id = f.root_programme_id and q.context_id = f.context_id
    and f.kind in ('held', 'referred', 'hold-released', 'released');
alter table quota_facts enable trigger quota_facts_append_only;

-- The first batch of each tree folds these counters anew.
delete from quota_signatures where canonical like '%gpu-hours-used%';
