-- A reserved grant may get other dates: it starts early, or ends later. At every instant its GPUs are there, as for a new one.

create constraint trigger reserved_gpus_move after update on grants
    deferrable initially deferred for each row
    when (new.mode = 'reserved' and new.status not in ('ending', 'ended')
        and (new.starts_at < old.starts_at or new.expires_at > old.expires_at or new.gpus > old.gpus))
    execute function refuse_over_reservation();
