-- What one decision makes happen at once is one row: an award (requested, request-closed, granted), a referral (requested, held), a refusal
-- (requested,
-- request-closed), and the end of a hold with its request (hold-released, request-closed). Rows of before stay as they are.
alter table quota_facts drop constraint quota_facts_kind_check;
alter table quota_facts add constraint quota_facts_kind_check
    check (kind in ('requested', 'held', 'hold-released', 'granted', 'returned', 'used', 'grant-ended', 'request-closed', 'awarded',
        'referred', 'refused', 'released'));
