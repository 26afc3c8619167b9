"""The kernel that runs a notebook of this site talks to this machine alone, and need not say so."""

c.Application.log_level = 40  # noqa: F821
