-- What moves credits by hand is a transfer that somebody proposes: above a limit a second person decides.
alter table credit_movements rename to transfer_proposals;
alter index credit_movements_pkey rename to transfer_proposals_pkey;
alter index credit_movements_by_id rename to transfer_proposals_by_id;
alter index credit_movements_by_programme rename to transfer_proposals_by_programme;
alter index credit_movements_by_payer rename to transfer_proposals_by_payer;
alter index credit_movements_waiting rename to transfer_proposals_waiting;
alter table transfer_proposals rename constraint credit_movements_second_person to transfer_proposals_second_person;
alter table transfer_proposals rename constraint credit_movements_approved to transfer_proposals_approved;
alter trigger credit_movements_decided_once on transfer_proposals rename to transfer_proposals_decided_once;
alter trigger credit_movements_no_delete on transfer_proposals rename to transfer_proposals_no_delete;
alter function credit_movements_guard() rename to transfer_proposals_guard;
create or replace function transfer_proposals_guard() returns trigger
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
        raise exception 'transfer proposal % may only be decided, once', old.id using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
