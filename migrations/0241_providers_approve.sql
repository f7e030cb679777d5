-- A provider may approve grants on an offer itself, beside the programme's rules and reviewers.
alter table offers add column provider_approves boolean not null default false;

-- A programme accepts an offer with this condition or without it. Later the provider may only drop it.
create function refuse_new_approval() returns trigger language plpgsql as $$
begin
    raise exception 'the programme accepted an offer on which its provider approves nothing' using errcode = 'restrict_violation';
end $$;
create trigger provider_approval_is_consented before update on offers for each row
    when (old.accepted_at is not null and new.provider_approves and not old.provider_approves)
    execute function refuse_new_approval();

-- Whether the provider's approval is still missing; null where it asks for none. The check comes later, so that no row is rewritten.
create domain provider_approval as text;
alter table requests add column provider_approval provider_approval;
alter domain provider_approval add constraint provider_approval_check check (value in ('waiting', 'given'));

-- Ten people of the programme, and one of the provider.
alter domain approval_count drop constraint approval_count_check;
alter domain approval_count add constraint approval_count_check check (value between 0 and 11);

-- No person's verdict awards anything while the provider's approval is missing.
create function refuse_award_without_provider() returns trigger language plpgsql as $$
begin
    raise exception 'the provider has not approved the grant' using errcode = 'restrict_violation';
end $$;
create trigger providers_approve_first before update on requests for each row
    when (new.provider_approval = 'waiting' and new.status = 'approved')
    execute function refuse_award_without_provider();
