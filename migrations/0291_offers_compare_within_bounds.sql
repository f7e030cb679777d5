-- What an offer says of whom it serves, and its words, are bounded lists of words.

alter domain lower_words
    add constraint lower_words_are_words check (array_to_string(value, ' ') ~ '^([a-z0-9][a-z0-9-]{0,63}( |$))*$');

alter table offers
    add constraint offers_kinds check (cardinality(eligible_kinds) <= 20 and array_position(eligible_kinds, null) is null
        and array_to_string(eligible_kinds, ' ') ~ '^([a-z][a-z-]{0,63}( |$))*$'),
    add constraint offers_countries check (cardinality(eligible_countries) <= 300 and array_position(eligible_countries, null) is null
        and array_to_string(eligible_countries, ' ') ~ '^([A-Z]{2}( |$))*$');
