-- The ledger: trees, accounts, append-only transfers, holds with one end, sticky refusals and sealed blocks.
-- Amounts are whole units: 1/3,600,000 credit for unit 'credit', GPU-seconds for unit 'gpu:MODEL'.

-- The lock row of a tree. Whoever writes anything of a tree holds this row's lock until the commit, so that
-- transfer_sequence and event_sequence are gapless and in commit order.
create table programme_trees (
    root_programme_id uuid primary key,
    version bigint not null default 0 check (version >= 0),
    config_version bigint not null default 0 check (config_version >= 0),
    transfer_sequence bigint not null default 0 check (transfer_sequence >= 0),
    event_sequence bigint not null default 0 check (event_sequence >= 0),
    last_at timestamptz not null default '-infinity'
) with (fillfactor = 50);

-- The tree of what belongs to no programme: organizations, providers, platform-wide quotas.
insert into programme_trees (root_programme_id) values ('00000000-0000-0000-0000-000000000000');

create table accounts (
    root_programme_id uuid not null,
    id uuid not null,
    owner_id uuid not null,
    debits_pending bigint not null default 0,
    debits_posted bigint not null default 0,
    credits_pending bigint not null default 0,
    credits_posted bigint not null default 0,
    version bigint not null default 0,
    created_at timestamptz not null,
    floored boolean not null,
    kind text not null,
    unit text not null,
    -- The id first: it is what a reader knows. The root is in the key so that a tree's rows can be placed together.
    primary key (id, root_programme_id),
    constraint accounts_one_per_owner unique (root_programme_id, kind, owner_id, unit),
    constraint accounts_counters_not_negative
        check (debits_pending >= 0 and debits_posted >= 0 and credits_pending >= 0 and credits_posted >= 0 and version >= 0),
    -- Summed as numeric: two counters near the end of bigint must break the floor, not the addition.
    constraint accounts_floor
        check (not floored or debits_pending::numeric + debits_posted <= credits_posted),
    constraint accounts_unit check (unit = 'credit' or unit like 'gpu:_%'),
    constraint accounts_kind_fits check (
        case kind
            when 'issuance' then unit = 'credit' and not floored
            when 'budget' then unit = 'credit' and floored
            when 'earned' then unit = 'credit' and floored
            when 'breakage' then unit = 'credit' and floored
            when 'grant' then floored
            when 'supply' then unit <> 'credit' and not floored
            when 'capacity' then unit <> 'credit' and floored
            when 'delivered' then unit <> 'credit' and floored
            else false
        end)
) with (fillfactor = 80);

-- Ids are UUIDv7, so a range of ids is a range of time: one partition a month, detachable when old.
-- No foreign keys: they would lock account rows once more for each transfer and would forbid detaching.
-- The verifier recomputes what they would promise, and more.
create table transfers (
    root_programme_id uuid not null,
    id uuid not null,
    debit_account_id uuid not null,
    credit_account_id uuid not null,
    pending_id uuid,
    chain_id uuid,
    corrects_id uuid,
    request_id uuid,
    grant_id uuid,
    programme_id uuid,
    actor_id uuid,
    on_behalf_of uuid,
    sequence bigint not null,
    amount bigint not null,
    expires_at timestamptz,
    created_at timestamptz not null,
    debit_debits_pending bigint not null,
    debit_debits_posted bigint not null,
    debit_credits_pending bigint not null,
    debit_credits_posted bigint not null,
    debit_version bigint not null,
    credit_debits_pending bigint not null,
    credit_debits_posted bigint not null,
    credit_credits_pending bigint not null,
    credit_credits_posted bigint not null,
    credit_version bigint not null,
    kind text not null,
    unit text not null,
    reason text not null,
    note text,
    client_id text,
    primary key (id, root_programme_id),
    constraint transfers_amount_positive check (amount > 0),
    constraint transfers_sequence_positive check (sequence > 0),
    constraint transfers_two_accounts check (debit_account_id <> credit_account_id),
    constraint transfers_unit check (unit = 'credit' or unit like 'gpu:_%'),
    constraint transfers_counters_not_negative check (
        debit_debits_pending >= 0 and debit_debits_posted >= 0 and debit_credits_pending >= 0 and debit_credits_posted >= 0
        and credit_debits_pending >= 0 and credit_debits_posted >= 0 and credit_credits_pending >= 0 and credit_credits_posted >= 0
        and debit_version > 0 and credit_version > 0),
    constraint transfers_shape check (
        case kind
            when 'posted' then pending_id is null and expires_at is null
            when 'pending' then pending_id is null and corrects_id is null and expires_at is not null and expires_at > created_at
            when 'post' then pending_id is not null and corrects_id is null and expires_at is null
            when 'void' then pending_id is not null and corrects_id is null and expires_at is null
            else false
        end),
    constraint transfers_reason_given check (reason ~ '^[a-z][a-z0-9_]{0,63}$')
) partition by range (id);

create index transfers_by_sequence on transfers (root_programme_id, sequence);
-- Business time never runs backwards in a tree, so (created_at, version) is the account's own order, and both
-- "the last transfer at or before a moment" and "the lines of a period" are one descent of the index.
create index transfers_by_debit on transfers (debit_account_id, created_at, debit_version);
create index transfers_by_credit on transfers (credit_account_id, created_at, credit_version);
create index transfers_by_corrected on transfers (root_programme_id, corrects_id) where corrects_id is not null;

-- The safety net for ids outside the months that were made: nothing is lost, and maintenance reports it.
create table transfers_default partition of transfers default;

create table holds (
    root_programme_id uuid not null,
    id uuid not null,
    debit_account_id uuid not null,
    credit_account_id uuid not null,
    request_id uuid,
    ended_by uuid,
    amount bigint not null check (amount > 0),
    expires_at timestamptz not null,
    ended_at timestamptz,
    unit text not null,
    primary key (root_programme_id, id),
    constraint holds_end_is_whole check ((ended_by is null) = (ended_at is null)),
    constraint holds_two_accounts check (debit_account_id <> credit_account_id)
) with (fillfactor = 80);

create index holds_open_by_expiry on holds (expires_at) where ended_by is null;
create index holds_open_by_request on holds (root_programme_id, request_id) where ended_by is null and request_id is not null;

-- A client's transfer id answers as the first time, also when the first time was a refusal.
create table refused_transfers (
    root_programme_id uuid not null,
    id uuid not null,
    debit_account_id uuid,
    credit_account_id uuid,
    pending_id uuid,
    corrects_id uuid,
    amount bigint not null,
    expires_at timestamptz,
    created_at timestamptz not null,
    kind text not null,
    unit text,
    reason text not null,
    note text,
    code text not null,
    details jsonb not null,
    primary key (root_programme_id, id)
);

create table ledger_blocks (
    root_programme_id uuid not null,
    number bigint not null check (number > 0),
    first_sequence bigint not null check (first_sequence > 0),
    last_sequence bigint not null,
    sealed_at timestamptz not null,
    previous_hash bytea not null check (length(previous_hash) = 32),
    hash bytea not null check (length(hash) = 32),
    -- Eight bytes of each row's hash, in sequence order: they only help to name the row that no longer fits.
    row_digests bytea not null,
    primary key (root_programme_id, number),
    constraint ledger_blocks_follow unique (root_programme_id, first_sequence),
    constraint ledger_blocks_not_empty check (last_sequence >= first_sequence),
    constraint ledger_blocks_digest_per_row check (length(row_digests) = 8 * (last_sequence - first_sequence + 1))
);

create function ledger_refuse_change() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'table % is append-only: % is refused', tg_table_name, lower(tg_op)
        using errcode = 'restrict_violation',
              hint = 'Record a new transfer that corrects the old one.';
end $$;

create function ledger_guard_hold() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if old.ended_by is not null then
        raise exception 'hold % ended by % already', old.id, old.ended_by using errcode = 'restrict_violation';
    end if;
    if new.ended_by is null
        or (new.root_programme_id, new.id, new.debit_account_id, new.credit_account_id, new.amount, new.expires_at, new.unit)
            is distinct from
           (old.root_programme_id, old.id, old.debit_account_id, old.credit_account_id, old.amount, old.expires_at, old.unit)
        or new.request_id is distinct from old.request_id then
        raise exception 'hold % may only be ended', old.id using errcode = 'restrict_violation';
    end if;
    return new;
end $$;

create trigger transfers_append_only before update or delete on transfers
    for each row execute function ledger_refuse_change();
create trigger transfers_no_truncate before truncate on transfers
    for each statement execute function ledger_refuse_change();
create trigger transfers_default_no_truncate before truncate on transfers_default
    for each statement execute function ledger_refuse_change();
create trigger holds_end_once before update on holds
    for each row execute function ledger_guard_hold();
create trigger holds_no_delete before delete on holds
    for each row execute function ledger_refuse_change();
create trigger holds_no_truncate before truncate on holds
    for each statement execute function ledger_refuse_change();
create trigger accounts_no_delete before delete on accounts
    for each row execute function ledger_refuse_change();
create trigger accounts_no_truncate before truncate on accounts
    for each statement execute function ledger_refuse_change();
create trigger refused_transfers_append_only before update or delete on refused_transfers
    for each row execute function ledger_refuse_change();
create trigger refused_transfers_no_truncate before truncate on refused_transfers
    for each statement execute function ledger_refuse_change();
create trigger ledger_blocks_append_only before update or delete on ledger_blocks
    for each row execute function ledger_refuse_change();
create trigger ledger_blocks_no_truncate before truncate on ledger_blocks
    for each statement execute function ledger_refuse_change();

-- The smallest UUID that a UUIDv7 of this moment or later can have.
create function ledger_first_id(at timestamptz) returns uuid
    language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp as $$
    select (lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- Makes the partitions of `months` UTC months from the one of `start_at`; returns how many are new.
-- A month whose rows already fell into the default partition is skipped: they are safe there.
create function ledger_make_partitions(start_at timestamptz, months integer) returns integer
    language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    first_month timestamp := date_trunc('month', start_at at time zone 'UTC');
    month_start timestamptz;
    lower_id uuid;
    upper_id uuid;
    partition_name text;
    made integer := 0;
begin
    if months not between 1 and 120 then
        raise exception 'months must be 1 to 120, not %', months using errcode = 'invalid_parameter_value';
    end if;
    perform pg_advisory_xact_lock(hashtext('ledger_make_partitions'));
    for i in 0 .. months - 1 loop
        month_start := (first_month + make_interval(months => i)) at time zone 'UTC';
        partition_name := 'transfers_' || to_char(month_start at time zone 'UTC', 'YYYY_MM');
        continue when to_regclass('public.' || partition_name) is not null;
        lower_id := public.ledger_first_id(month_start);
        upper_id := public.ledger_first_id((first_month + make_interval(months => i + 1)) at time zone 'UTC');
        if exists (select from public.transfers_default where id >= lower_id and id < upper_id) then
            raise warning 'rows of % are in transfers_default; no partition was made', partition_name;
            continue;
        end if;
        execute format('create table public.%I (like public.transfers including all)', partition_name);
        execute format('revoke all on public.%I from public, gpugrants_runtime', partition_name);
        -- Attaching takes a weaker lock on the parent than creating a partition in place: writers go on.
        execute format('alter table public.transfers attach partition public.%I for values from (%L) to (%L)',
            partition_name, lower_id, upper_id);
        execute format('create trigger %I before truncate on public.%I for each statement execute function public.ledger_refuse_change()',
            partition_name || '_no_truncate', partition_name);
        made := made + 1;
    end loop;
    return made;
end $$;

revoke all on programme_trees, accounts, transfers, transfers_default, holds, refused_transfers, ledger_blocks
    from public, gpugrants_runtime;
revoke all on function ledger_make_partitions(timestamptz, integer) from public;

grant select, insert on programme_trees, accounts, transfers, holds, refused_transfers, ledger_blocks to gpugrants_runtime;
grant update (version, config_version, transfer_sequence, event_sequence, last_at) on programme_trees to gpugrants_runtime;
grant update (debits_pending, debits_posted, credits_pending, credits_posted, version) on accounts to gpugrants_runtime;
grant update (ended_by, ended_at) on holds to gpugrants_runtime;
grant execute on function ledger_make_partitions(timestamptz, integer) to gpugrants_runtime;

-- The first months, so that the first transfer never meets only the default partition; the service keeps three ahead.
select ledger_make_partitions(now(), 4);
