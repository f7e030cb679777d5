-- What a client links does no more than the client, and goes with it when all that it made is revoked.
alter table linked_identities
    -- The scopes of the token that linked the subject; null for those linked before, which were not limited.
    add column scopes text[],
    -- The client that linked it, or the one behind the linked subject that did.
    add column linked_by text;
create index linked_identities_by_client on linked_identities (linked_by) where until is null;
grant update (scopes, linked_by) on linked_identities to gpugrants_runtime;
