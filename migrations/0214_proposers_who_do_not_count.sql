-- Somebody whom an administrator only named proposes changes too, and does not count among those who agree.
alter table change_proposals
    drop constraint change_proposals_approvals_needed_check,
    add constraint change_proposals_approvals_needed_check check (approvals_needed between 2 and 11);
