-- When the people of a grant were told that it expires soon; null while they were not.
alter table grants add column expiry_warned_at timestamptz;
