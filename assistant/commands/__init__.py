"""The command line, a module a room; `app.py` puts them together. Each command imports what it needs."""
