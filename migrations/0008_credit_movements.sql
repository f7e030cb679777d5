-- What administrators move: at once, or held until a second person has approved. Each row is the audit trail of one movement.

create table credit_movements (
    root_programme_id uuid not null,
    -- That of its first transfer: the one that moved it, or the one that holds it.
    id                uuid not null,
    kind              text not null check (kind in ('fund', 'transfer', 'write-off', 'correction')),
    status            text not null check (status in ('awaiting-approval', 'posted', 'rejected', 'expired')),
    -- The programme that gains; of a write-off the one that loses.
    programme_id      uuid not null references programmes (id),
    from_programme_id uuid references programmes (id),
    corrects_id       uuid,
    debit_account_id  uuid not null,
    credit_account_id uuid not null,
    amount            bigint not null check (amount > 0),
    reason            text not null check (length(reason) between 1 and 2000),
    -- The transfer that moved it.
    transfer_id       uuid,
    -- Until when a second person may approve; null when none had to.
    expires_at        timestamptz,
    proposed_by       uuid not null,
    client_id         text not null,
    on_behalf_of      uuid,
    decided_by        uuid,
    decided_client_id text,
    comment           text check (length(comment) between 1 and 4000),
    decided_at        timestamptz,
    version           bigint not null check (version > 0),
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    primary key (root_programme_id, id),
    check ((kind = 'transfer') = (from_programme_id is not null)),
    check ((kind = 'correction') = (corrects_id is not null)),
    check ((status = 'posted') = (transfer_id is not null)),
    check (status = 'posted' or expires_at is not null),
    check ((decided_by is null) = (decided_client_id is null)),
    -- What had to be approved was approved, and by another person through another client.
    constraint credit_movements_second_person check (decided_by <> proposed_by and decided_client_id <> client_id),
    constraint credit_movements_approved check (status <> 'posted' or expires_at is null or decided_by is not null),
    check ((status = 'rejected') <= (decided_by is not null)),
    check ((status = 'awaiting-approval') = (decided_at is null and expires_at is not null))
);
create unique index credit_movements_by_id on credit_movements (id);
create index credit_movements_by_programme on credit_movements (programme_id, id);
create index credit_movements_by_payer on credit_movements (from_programme_id, id) where from_programme_id is not null;
create index credit_movements_waiting on credit_movements (id) where status = 'awaiting-approval';

-- What was proposed never changes, and what was decided is decided.
create function credit_movements_guard() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if old.status <> 'awaiting-approval'
        or (new.kind, new.programme_id, new.debit_account_id, new.credit_account_id, new.amount, new.reason, new.proposed_by,
            new.client_id, new.created_at)
            is distinct from
           (old.kind, old.programme_id, old.debit_account_id, old.credit_account_id, old.amount, old.reason, old.proposed_by,
               old.client_id, old.created_at)
        or (new.from_programme_id, new.corrects_id, new.expires_at, new.on_behalf_of) is distinct from (old.from_programme_id,
            old.corrects_id, old.expires_at, old.on_behalf_of) then
        raise exception 'credit movement % may only be decided, once', old.id using errcode = 'restrict_violation';
    end if;
    return new;
end $$;

create trigger credit_movements_decided_once before update on credit_movements for each row execute function credit_movements_guard();
create trigger credit_movements_no_delete before delete or truncate on credit_movements for each statement execute function refuse_change();

grant select, insert, update on credit_movements to gpugrants_runtime;
