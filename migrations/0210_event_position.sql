-- Where a tree's events of a moment begin. Business time never runs backwards inside a tree, so a binary search over the sequence
-- finds it, and the events need no index by time.

create function event_position(tree uuid, moment timestamptz) returns bigint language plpgsql stable as $$
declare
    low    bigint := 0;
    high   bigint;
    middle bigint;
    before boolean;
begin
    select event_sequence into high from programme_trees where root_programme_id = tree;
    high := coalesce(high, 0);
    -- Events up to low happened before the moment, and those after high did not.
    while low < high loop
        middle := (low + high + 1) / 2;
        select occurred_at < moment into before from events where root_programme_id = tree and sequence = middle;
        if coalesce(before, true) then
            low := middle;
        else
            high := middle - 1;
        end if;
    end loop;
    return low;
end $$;

revoke all on function event_position(uuid, timestamptz) from public;
grant execute on function event_position(uuid, timestamptz) to gpugrants_runtime;
