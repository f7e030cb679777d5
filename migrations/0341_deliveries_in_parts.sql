-- What an endpoint is sent at once is one row with an array per field, as most of what a row of its own costs is not its fields. A
-- delivery's id is the part's id plus its place in the part. Event, type and body follow from tree and number.
create table webhook_delivery_parts (
    endpoint_id  uuid not null,
    id           uuid not null,
    url          text not null,
    deliveries   integer not null check (deliveries between 1 and 1024),
    trees        uuid[] not null,
    sequences    bigint[] not null,
    attempts     integer[] not null,
    -- Null where there was no answer.
    status_codes integer[] not null,
    -- Why there was no answer. Null where each delivery got one.
    errors       text[],
    -- Null where each answer was empty.
    responses    text[],
    started_at   timestamptz[] not null,
    milliseconds integer[] not null,
    -- A ping is the only delivery of its part. No event has its id and body.
    ping_id      uuid,
    ping         text,
    primary key (endpoint_id, id),
    check (cardinality(trees) = deliveries and cardinality(sequences) = deliveries and cardinality(attempts) = deliveries
        and cardinality(status_codes) = deliveries and cardinality(started_at) = deliveries and cardinality(milliseconds) = deliveries),
    check (0 <= all (sequences) and 0 < all (attempts) and 0 <= all (milliseconds)),
    check (100 <= all (status_codes) and 999 >= all (status_codes)),
    check (cardinality(errors) = deliveries and length(array_to_string(errors, '')) <= 200 * deliveries),
    check (cardinality(responses) = deliveries and octet_length(array_to_string(responses, '')) <= 4096 * deliveries),
    check ((errors is null) = (array_position(status_codes, null::integer) is null)),
    check ((ping is null) = (ping_id is null)),
    check ((ping is null) = (0 < all (sequences))),
    check (ping is null or deliveries = 1)
);

insert into webhook_delivery_parts (endpoint_id, id, url, deliveries, trees, sequences, attempts, status_codes, errors, responses,
    started_at, milliseconds, ping_id, ping)
select endpoint_id, id, url, 1, array[tree], array[sequence], array[attempt], array[status_code],
    case when error is not null then array[error] end, case when response <> '' then array[response] end,
    array[started_at], array[milliseconds], case when sequence = 0 then event_id end, case when sequence = 0 then request end
from webhook_deliveries;

drop table webhook_deliveries;

grant select, insert, delete on webhook_delivery_parts to gpugrants_runtime;
