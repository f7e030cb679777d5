-- Whoever belonged to the partner and to the organization, or administered the platform, ended the consent as the side that is asked again.
-- So did people who ended their own consent.
-- 0366 took the role at the partner alone, and so did removals of people until now.
alter table consents disable trigger consents_keep_their_words;
update consents c set ended_by_partner = false
where c.ended_by_partner and (
    exists (select 1 from principals p where p.id = c.ended_by and p.person_id = c.person_id)
    or exists (
        select 1 from role_assignments r
        where r.principal_id = c.ended_by and r.created_at <= c.ended_at
            and (r.role = 'platform-administrator' or r.role = 'organization-owner' and r.resource_id = c.organization_id))
    or exists (
        select 1 from past_roles r
        where r.principal_id = c.ended_by and c.ended_at between r.since and r.until
            and (r.role = 'platform-administrator' or r.role = 'organization-owner' and r.resource_id = c.organization_id)));
alter table consents enable trigger consents_keep_their_words;
