-- The service ends a consent whose own end has come.

create index consents_by_end on consents (expires_at) where status = 'active' and expires_at is not null;
