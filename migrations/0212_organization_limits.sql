-- Owners of an organization limit its members and projects themselves: by a policy that holds for that organization alone.
alter table quota_policies
    add column organization_id uuid references organizations (id),
    add constraint quota_policies_one_scope check (programme_id is null or organization_id is null);
create index quota_policies_of_organization on quota_policies (organization_id, id) where organization_id is not null;
