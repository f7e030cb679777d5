-- Since when the work for an endpoint ends early each time it looks at everything, and when that was told. Apart from failing_since: what
-- other events' success forgives is the receiver's, and a receiver's success says nothing of work that breaks.
alter table webhook_dispatch
    add column broken_since timestamptz,
    add column broken_noticed_at timestamptz,
    add constraint webhook_dispatch_told_of_what_broke check (broken_noticed_at is null or broken_since is not null);
