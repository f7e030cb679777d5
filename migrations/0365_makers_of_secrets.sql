-- Through which clients the secret of a client came, beyond the last two that api_clients names. Whoever came through a maker and renews a
-- secret does not make the maker forgotten: only two renewals by somebody else do, or by mailed codes.
create table client_secret_makers (
    client_id uuid not null references api_clients (id),
    -- A client_id of api_clients.
    maker     text not null references api_clients (client_id),
    -- How often somebody outside the maker's lineage has renewed the secret since; at 2 the maker counts no more.
    renewals  smallint not null check (renewals between 0 and 2),
    primary key (client_id, maker)
);
create index client_secret_makers_by_maker on client_secret_makers (maker) where renewals < 2;
grant select, insert on client_secret_makers to gpugrants_runtime;
grant update (renewals) on client_secret_makers to gpugrants_runtime;

insert into client_secret_makers (client_id, maker, renewals)
select v.id, v.maker, min(v.renewals)
from (
    select id, client_id, secret_made_by as maker, 0 as renewals from api_clients
    union all
    select id, client_id, previous_secret_made_by, 1 from api_clients) v
where v.maker is not null and v.maker <> v.client_id
group by v.id, v.maker;
