-- Who may know of what: programmes that strangers read and others that they do not, and people who read everything and change nothing.

-- One of a programme above counts for all below it.
alter table programmes add column visibility text not null default 'public' check (visibility in ('public', 'private'));

alter table role_assignments
    drop constraint role_assignments_role_check,
    add constraint role_assignments_role_check check (role in ('platform-administrator', 'auditor', 'programme-administrator',
        'programme-reviewer', 'provider-operator', 'organization-owner', 'organization-member', 'partner')),
    drop constraint role_assignments_check,
    add constraint role_assignments_check check ((role in ('platform-administrator', 'auditor')) = (resource_id is null));
