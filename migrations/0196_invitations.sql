-- People are invited by e-mail and accept: nobody is enrolled without a yes. An invitation is a proof of an address with a role in it.

alter table address_proofs
    drop constraint address_proofs_purpose_check,
    add constraint address_proofs_purpose_check check (purpose in ('sign-up', 'recovery', 'email-change', 'invitation')),
    add column role        text,
    add column resource_id uuid,
    add column invited_by  uuid references principals (id) deferrable initially deferred,
    add constraint address_proofs_invitation check ((purpose = 'invitation') = (role is not null and invited_by is not null)),
    add constraint address_proofs_resource check (resource_id is null or purpose = 'invitation');
