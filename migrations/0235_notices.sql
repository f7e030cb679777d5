-- Mail that tells people what happened. It is derived from the events, so what happens writes nothing for it.

alter table people
    -- Kinds of mail that the person does not want.
    add column muted_mail text[] not null default '{}',
    -- When a mail server refused the address for good; null again once the address is confirmed.
    add column mail_refused_at timestamptz,
    add constraint people_muted_mail check (
        muted_mail <@ array['verdicts', 'review-digest', 'escalations', 'expiries', 'usage-warnings', 'low-budget', 'webhooks']),
    add constraint people_erased_mail check (status = 'active' or (muted_mail = '{}' and mail_refused_at is null));
grant update (muted_mail, mail_refused_at) on people to gpugrants_runtime;

alter table mails
    -- A code, or the kind of notice by which people turn it on and off.
    add column kind text not null default 'code' check (
        kind in ('code', 'verdicts', 'review-digest', 'escalations', 'expiries', 'usage-warnings', 'low-budget', 'webhooks')),
    -- Whom it is for; null for an address that is of no person, or not known to be.
    add column person_id uuid references people (id) deferrable initially deferred,
    -- What a notice tells of. A person gets one mail of it.
    add column source text check (length(source) between 1 and 100),
    -- The answer of a mail server that will not take it.
    add column refusal text check (length(refusal) between 1 and 100),
    add constraint mails_notices check ((kind = 'code') = (source is null) and (source is null or person_id is not null));
create unique index mails_once on mails (person_id, source) where source is not null;
create index mails_by_person on mails (person_id) where status = 'pending';
grant update (refusal) on mails to gpugrants_runtime;

-- How far the events were read. One replica at a time holds the row of notice_state, and writes mail and positions in one transaction.
create table notice_state (
    id         integer primary key check (id = 1),
    -- The last day whose digest was made.
    digest_day date
);
insert into notice_state (id) values (1);
grant select, update on notice_state to gpugrants_runtime;

create table notice_positions (
    tree     uuid primary key,
    sequence bigint not null check (sequence > 0)
);
-- Nobody is told what happened before.
insert into notice_positions (tree, sequence) select root_programme_id, event_sequence from programme_trees where event_sequence > 0;
grant select, insert, update on notice_positions to gpugrants_runtime;

-- Requests whose expected time of decision has passed, and of which administrators were told.
create table notice_escalations (
    root_programme_id uuid not null,
    request_id        uuid not null,
    primary key (root_programme_id, request_id)
);
grant select, insert, delete on notice_escalations to gpugrants_runtime;

-- The most that a budget had, in 1/3,600,000 credit, and how low it was when its administrators were told.
create table notice_budgets (
    programme_id uuid primary key references programmes (id),
    peak         bigint not null check (peak >= 0),
    level        integer not null check (level between 0 and 2)
);
grant select, insert, update on notice_budgets to gpugrants_runtime;

-- Who may get mail, by role: people who are active and whose address took the last mail.
create view mail_readers as
select r.resource_id, r.role, p.id as person_id, p.email, p.language, p.muted_mail
from role_assignments r
    join principals a on a.id = r.principal_id and a.status = 'active'
    join people p on p.id = a.person_id and p.status = 'active' and p.mail_refused_at is null
    join principals o on o.id = p.id and o.status = 'active';
grant select on mail_readers to gpugrants_runtime;
