-- PostgreSQL parses a table's CHECK expressions again for each statement that writes to it: for a batch of decisions that was a sixth of
-- its work. It keeps the checks of a domain. So what a single column of a busy table has to fulfil is its domain, and the checks that
-- compare columns are as short as they can be.

create domain positive as bigint check (value > 0);
create domain nonnegative as bigint check (value >= 0);
create domain positive_int as int check (value > 0);
create domain nonnegative_int as int check (value >= 0);
create domain ledger_unit as text check (value = 'credit' or value like 'gpu:_%');
create domain account_kind as text
    check (value in ('issuance', 'budget', 'earned', 'disputed', 'breakage', 'grant', 'supply', 'capacity', 'delivered'));
create domain transfer_kind as text check (value in ('posted', 'pending', 'post', 'void'));
create domain transfer_reason as text check (octet_length(value) between 1 and 64);
create domain request_status as text check (value in ('approved', 'in-review', 'denied', 'withdrawn', 'expired'));
create domain request_purpose as text check (length(value) between 1 and 2000);
create domain approval_count as int check (value between 0 and 10);
create domain verdict as text check (value in ('approved', 'review', 'endorsed', 'denied', 'withdrawn', 'expired'));
create domain decided_by as text check (value in ('rule', 'person'));
create domain decision_comment as text check (length(value) <= 4000);
create domain grant_status as text check (value in ('active', 'suspended', 'ending', 'ended'));
create domain grant_end as text check (value in ('closed', 'expired', 'revoked'));
create domain end_reason as text check (length(value) <= 2000);
create domain settlement_seconds as bigint check (value between 0 and 2592000);
create domain suspension_count as int check (value between 0 and 100);
create domain event_type as text check (position('.' in value) > 1 and octet_length(value) <= 100);
create domain fact_kind as text
    check (value in ('requested', 'held', 'hold-released', 'granted', 'returned', 'used', 'grant-ended', 'request-closed', 'reasked',
        'awarded', 'referred', 'refused', 'released', 'unused', 'topped-up'));
create domain sha256 as bytea check (length(value) = 32);
create domain kept_status as int check (value between 200 and 499);
create domain kept_encoding as text check (value in ('identity', 'br'));
create domain packed_counters as bytea check (octet_length(value) between 2 and 67108864);

alter table programme_trees
    drop constraint programme_trees_config_version_check,
    drop constraint programme_trees_event_sequence_check,
    drop constraint programme_trees_transfer_sequence_check,
    drop constraint programme_trees_version_check,
    alter column config_version type nonnegative,
    alter column event_sequence type nonnegative,
    alter column transfer_sequence type nonnegative,
    alter column version type nonnegative;

alter table accounts
    drop constraint accounts_unit,
    drop constraint accounts_kind_fits,
    drop constraint accounts_counters_not_negative,
    alter column unit type ledger_unit,
    alter column kind type account_kind,
    alter column debits_pending type nonnegative,
    alter column debits_posted type nonnegative,
    alter column credits_pending type nonnegative,
    alter column credits_posted type nonnegative,
    alter column version type nonnegative,
    add constraint accounts_kind_fits check (
        floored = (kind not in ('issuance', 'supply'))
        and (kind = 'grant' or (unit = 'credit') = (kind not in ('supply', 'capacity', 'delivered'))));

alter table transfers
    drop constraint transfers_amount_positive,
    drop constraint transfers_reason_given,
    drop constraint transfers_sequence_positive,
    drop constraint transfers_unit,
    drop constraint transfers_shape,
    drop constraint transfers_counters_not_negative,
    alter column amount type positive,
    alter column reason type transfer_reason,
    alter column sequence type positive,
    alter column unit type ledger_unit,
    alter column kind type transfer_kind,
    alter column debit_debits_pending type nonnegative,
    alter column debit_debits_posted type nonnegative,
    alter column debit_credits_pending type nonnegative,
    alter column debit_credits_posted type nonnegative,
    alter column credit_debits_pending type nonnegative,
    alter column credit_debits_posted type nonnegative,
    alter column credit_credits_pending type nonnegative,
    alter column credit_credits_posted type nonnegative,
    alter column debit_version type positive,
    alter column credit_version type positive,
    add constraint transfers_shape check (
        (expires_at is not null) = (kind = 'pending')
        and (pending_id is not null) = (kind in ('post', 'void'))
        and (corrects_id is null or kind = 'posted')
        and coalesce(expires_at > created_at, true));

alter table requests
    drop constraint requests_amends_check,
    drop constraint requests_approvals_given_check,
    drop constraint requests_approvals_needed_check,
    drop constraint requests_duration_seconds_check,
    drop constraint requests_gpu_seconds_check,
    drop constraint requests_gpus_check,
    drop constraint requests_purpose_check,
    drop constraint requests_status_check,
    drop constraint requests_version_check,
    alter column amends type nonnegative_int,
    alter column approvals_given type approval_count,
    alter column approvals_needed type approval_count,
    alter column duration_seconds type positive,
    alter column gpu_seconds type positive,
    alter column gpus type positive_int,
    alter column purpose type request_purpose,
    alter column status type request_status,
    alter column version type positive;

alter table decisions
    drop constraint decisions_comment_check,
    drop constraint decisions_decided_by_check,
    drop constraint decisions_gpu_seconds_check,
    drop constraint decisions_max_grantable_gpu_seconds_check,
    drop constraint decisions_request_version_check,
    drop constraint decisions_verdict_check,
    alter column comment type decision_comment,
    alter column decided_by type decided_by,
    alter column gpu_seconds type nonnegative,
    alter column max_grantable_gpu_seconds type nonnegative,
    alter column request_version type positive,
    alter column verdict type verdict;

alter table grants
    drop constraint grants_gpu_seconds_check,
    drop constraint grants_gpus_check,
    drop constraint grants_rate_check,
    drop constraint grants_returned_gpu_seconds_check,
    drop constraint grants_used_gpu_seconds_check,
    drop constraint grants_version_check,
    drop constraint grants_end_reason_check,
    drop constraint grants_ended_as_check,
    drop constraint grants_settlement_seconds_check,
    drop constraint grants_status_check,
    drop constraint grants_suspensions_check,
    drop constraint grants_uncharged_gpu_microseconds_check,
    alter column end_reason type end_reason,
    alter column ended_as type grant_end,
    alter column settlement_seconds type settlement_seconds,
    alter column status type grant_status,
    alter column suspensions type suspension_count,
    alter column uncharged_gpu_microseconds type nonnegative,
    alter column gpu_seconds type positive,
    alter column gpus type positive_int,
    alter column millicredits_per_gpu_hour type nonnegative,
    alter column returned_gpu_seconds type nonnegative,
    alter column used_gpu_seconds type nonnegative,
    alter column version type positive;

alter table quota_facts
    drop constraint quota_facts_credits_check,
    drop constraint quota_facts_gpu_seconds_check,
    drop constraint quota_facts_gpus_check,
    drop constraint quota_facts_kind_check,
    drop constraint quota_facts_outstanding_seconds_check,
    alter column credits type nonnegative,
    alter column gpu_seconds type nonnegative,
    alter column gpus type nonnegative_int,
    alter column kind type fact_kind,
    alter column outstanding_seconds type positive;

alter table events
    drop constraint events_sequence_check,
    drop constraint events_type_check,
    drop constraint events_type_version_check,
    alter column sequence type positive,
    alter column type type event_type,
    alter column type_version type positive_int;

alter table idempotency_keys
    drop constraint idempotency_keys_body_encoding_check,
    drop constraint idempotency_keys_request_hash_check,
    drop constraint idempotency_keys_status_check,
    alter column body_encoding type kept_encoding,
    alter column request_hash type sha256,
    alter column status type kept_status;

alter table subject_counters
    drop constraint subject_counters_counters_check,
    drop constraint subject_counters_version_check,
    alter column counters type packed_counters,
    alter column version type positive;
