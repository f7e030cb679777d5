-- Who ended a consent: the partner's own people, or somebody else. A partner's word brings back only what its own people ended. Null while
-- it is in force, and where it ended before this was kept: then the owner is asked again.
alter table consents
    add column ended_by_partner boolean,
    add constraint consents_ended_by_partner check (ended_by_partner is null or status = 'ended');
grant update (ended_by_partner) on consents to gpugrants_runtime;

-- Consents that have ended never change, but for this once. A consent that a removal ended, and nobody before, has the removal's moment.
alter table consents disable trigger consents_keep_their_words;
update consents c set ended_by_partner = true
from partner_people p
where p.consent_id = c.id and p.status = 'removed' and c.status = 'ended' and c.ended_at = p.removed_at
    and (c.ended_by = p.created_by or exists (
        select 1 from role_assignments r where r.principal_id = c.ended_by and r.role = 'partner' and r.resource_id = p.partner_id));
alter table consents enable trigger consents_keep_their_words;
