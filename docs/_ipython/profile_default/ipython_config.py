"""The notebooks' pictures are drawings, not pixels."""

c.InlineBackend.figure_formats = {"svg"}  # noqa: F821
c.HistoryManager.enabled = False  # noqa: F821
