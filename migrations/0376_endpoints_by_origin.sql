-- A revocation with descendants finds the endpoints that came through a client. Apart from 0373: readers go on while it is built.
create index webhook_endpoints_by_origin on webhook_endpoints
    using gin (url_set_through, secret_made_through, previous_secret_made_through) where status <> 'deleted';
