-- A revocation with descendants finds the identities that came through a client. Apart from 0373: readers go on while it is built.
create index linked_identities_by_origin on linked_identities using gin (linked_through) where until is null;
