-- A request that takes a counter-offer begins with a fact of its own: its asking was counted with the denied request.
alter table quota_facts drop constraint quota_facts_kind_check;
alter table quota_facts add constraint quota_facts_kind_check
    check (kind in ('requested', 'held', 'hold-released', 'granted', 'returned', 'used', 'grant-ended', 'request-closed', 'reasked',
        'awarded', 'referred', 'refused', 'released', 'unused'));
