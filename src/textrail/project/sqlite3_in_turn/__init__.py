"""Django's SQLite, with the threads of a process writing in turn (see base.py)."""
