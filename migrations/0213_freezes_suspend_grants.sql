-- A freeze may also suspend the running grants of its scope, in slices. Lifting it resumes those that it suspended.
alter table freezes
    add column suspends_grants boolean not null default false,
    -- Whether grants are still to be suspended or, once it is lifted, to be resumed.
    add column grants_pending boolean not null default false,
    add constraint freezes_pending check (suspends_grants or not grants_pending);
create index freezes_with_pending_grants on freezes (id) where grants_pending;
grant update (grants_pending) on freezes to gpugrants_runtime;

alter table grant_suspensions add column freeze_id uuid references freezes (id);
create index grant_suspensions_of_freeze on grant_suspensions (freeze_id) where freeze_id is not null and ended_at is null;
-- Another freeze takes over what it covers too.
grant update (freeze_id) on grant_suspensions to gpugrants_runtime;
