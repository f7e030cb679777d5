-- An organization's ownership is handed over: by its owner to a member, or by an administrator when its only owner has vanished.

create table handovers (
    id                uuid primary key,
    organization_id   uuid not null references organizations (id),
    kind              text not null check (kind in ('offer', 'rescue')),
    -- The owner who gives it, or who has vanished.
    from_principal_id uuid not null references principals (id),
    to_principal_id   uuid not null references principals (id),
    reason            text check (length(reason) between 1 and 2000),
    status            text not null check (status in ('open', 'accepted', 'stopped', 'expired')),
    -- From when it can be accepted: the old owner has had time to stop a rescue.
    due_at            timestamptz not null,
    expires_at        timestamptz not null check (expires_at > due_at),
    created_by        uuid not null references principals (id),
    client_id         text not null,
    created_at        timestamptz not null,
    ended_at          timestamptz,
    ended_by          uuid,
    check (from_principal_id <> to_principal_id),
    check (kind = 'offer' or reason is not null),
    check ((status = 'open') = (ended_at is null)),
    check ((status = 'open') = (ended_by is null)),
    -- Deferred: one follows another that has expired in one transaction.
    constraint handovers_open exclude using btree (organization_id with =) where (status = 'open') deferrable initially deferred
);
create index handovers_by_organization on handovers (organization_id, id);
create index handovers_by_recipient on handovers (to_principal_id, id);
grant select, insert on handovers to gpugrants_runtime;
grant update (status, ended_at, ended_by) on handovers to gpugrants_runtime;
