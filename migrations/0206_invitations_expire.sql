-- An invitation that nobody accepted in time has an event of its own, and forgets the address.
alter table address_proofs
    add column lapsed_at timestamptz,
    add constraint address_proofs_lapsed check (
        lapsed_at is null or (purpose = 'invitation' and used_at is null and withdrawn_at is null and details is null));
create index address_proofs_lapsing on address_proofs (expires_at)
    where purpose = 'invitation' and used_at is null and withdrawn_at is null and lapsed_at is null;
grant update (lapsed_at) on address_proofs to gpugrants_runtime;
