-- What somebody makes through a client came through all clients behind it at that time. Two renewals free that client from a leaked one,
-- and must not free what a thief made through it before. So each thing keeps the origins that renewals could make forgotten.

-- The long reading comes first, under no lock that a call waits for. New columns lock their tables against every reader until the commit,
-- linked_identities the shortest: each call with a token of another issuer reads it. The indexes follow in scripts of their own.

-- What came through clients that still count. A client keeps its origins in client_secret_makers.
create temporary table came_through on commit drop as
with recursive edges as (
    select c.client_id, v.maker
    from api_clients c cross join lateral (
        select unnest(array[c.secret_made_by, c.previous_secret_made_by]) as maker
        union all
        select s.maker from client_secret_makers s where s.client_id = c.id and s.renewals < 2) v
    where v.maker is not null and v.maker is distinct from c.made_by and v.maker <> c.client_id),
came as (
    select client_id, maker from edges
    union
    select c.client_id, w.maker
    from came w cross join lateral (
        select c.client_id from api_clients c where w.client_id in (c.made_by, c.secret_made_by, c.previous_secret_made_by)
        union all
        select c.client_id from client_secret_makers m join api_clients c on c.id = m.client_id
        where m.maker = w.client_id and m.renewals < 2) c)
select client_id, maker from came where client_id <> maker;

insert into client_secret_makers (client_id, maker, renewals)
select c.id, w.maker, 0 from came_through w join api_clients c on c.client_id = w.client_id
on conflict (client_id, maker) do update set renewals = 0 where client_secret_makers.renewals = 2;

create temporary table makers_of on commit drop as
select client_id, array_agg(maker order by maker) as makers from came_through group by client_id;

alter table webhook_endpoints
    add column url_set_through text[] not null default '{}',
    add column secret_made_through text[] not null default '{}',
    -- With the maker itself. The previous secret signs until previous_secret_until.
    add column previous_secret_made_through text[] not null default '{}';
update webhook_endpoints e set url_set_through = m.makers from makers_of m where e.url_set_by = m.client_id;
update webhook_endpoints e set secret_made_through = m.makers from makers_of m where e.secret_made_by = m.client_id;

alter table linked_identities add column linked_through text[] not null default '{}';
grant update (linked_through) on linked_identities to gpugrants_runtime;
update linked_identities i set linked_through = m.makers from makers_of m where i.linked_by = m.client_id;
