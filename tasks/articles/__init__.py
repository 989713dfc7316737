"""Pure text work: times, identity, slugs, sanitising, and the decision what to do with an entry."""
