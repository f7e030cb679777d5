-- Through which client the last two secrets of a client were made. Whoever renews the secret of another client knows it, so a revocation of
-- the first takes the second along. Null where it was made before this was kept, by a mailed code, or through no client.
alter table api_clients
    add column secret_made_by text references api_clients (client_id),
    add column previous_secret_made_by text references api_clients (client_id);
create index api_clients_by_secret_maker on api_clients (secret_made_by) where secret_made_by is not null;
create index api_clients_by_previous_secret_maker on api_clients (previous_secret_made_by) where previous_secret_made_by is not null;
