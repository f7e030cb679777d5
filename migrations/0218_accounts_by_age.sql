-- Accounts are listed in the order of their making. Ids of grants' accounts have that order already. The few others get an index, which an
-- award does not write: it makes accounts of a grant.
create index accounts_by_age on accounts (created_at, id) where kind <> 'grant';
