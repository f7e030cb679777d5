-- A receiver that takes nothing gets a pause. What happens meanwhile waits behind its position and writes nothing.

alter table webhook_dispatch add column paused_until timestamptz;
