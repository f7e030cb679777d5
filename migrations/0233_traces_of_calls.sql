-- An event says by which call it came about, where the caller names the call.

create domain call_trace as text check (value ~ '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$');
create domain call_name as text check (length(value) between 1 and 128);

alter table events
    -- The caller's traceparent (W3C Trace Context), and its X-Request-Id. Null where it sent none.
    add column traceparent call_trace,
    add column request_name call_name;
