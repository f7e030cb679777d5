-- What a moved grant has left when it is settled goes on to the grant that continues it, and follows that one when it moves again. So each
-- move is noted, also one after which nothing stayed. A renewal continues a grant too, by a request of its own.
insert into grant_moves (root_programme_id, grant_id, moved_grant_id)
select g.root_programme_id, g.continues_grant_id, g.id
from grants g
join grants b on b.root_programme_id = g.root_programme_id and b.id = g.continues_grant_id
where g.request_id = b.request_id and b.ended_as = 'moved'
on conflict do nothing;
