-- What people compare offers by, whom a provider serves, and how a programme chooses among offers that suit.

create domain lower_words as text[] check (array_position(value, null) is null and cardinality(value) <= 20);

alter table offers
    add interconnect text check (interconnect ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
    add gpus_per_node integer check (gpus_per_node between 1 and 1024),
    add tags lower_words not null default '{}',
    add eligible_kinds text[] not null default '{}',
    add eligible_countries text[] not null default '{}';

alter table programmes
    add matching text not null default 'cheapest' check (matching in ('cheapest', 'fair'));
