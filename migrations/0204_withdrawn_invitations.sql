-- Invitations are listed by those who may give the role, and withdrawn while nobody has accepted.
alter table address_proofs
    add column withdrawn_at timestamptz,
    add column withdrawn_by uuid,
    add constraint address_proofs_withdrawn check ((withdrawn_at is null) = (withdrawn_by is null)),
    add constraint address_proofs_withdrawn_unused check (withdrawn_at is null or (purpose = 'invitation' and used_at is null
        and details is null));
create index address_proofs_invitations on address_proofs (id) where purpose = 'invitation';
grant update (withdrawn_at, withdrawn_by) on address_proofs to gpugrants_runtime;
