"""Questions over everything that was recorded: facts become columns, columns answer in SQL."""
