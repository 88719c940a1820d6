"""Pages for people: `/console` for operators, `/connect` for the users whose accounts are connected."""
