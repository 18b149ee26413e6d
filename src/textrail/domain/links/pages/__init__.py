"""Pages of links: the lists, the forms and what came of each."""
