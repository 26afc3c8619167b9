"""The recorded program as data: what ``trace`` shows."""
