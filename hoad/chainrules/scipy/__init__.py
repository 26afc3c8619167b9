"""The derivatives of SciPy's functions; each module is imported when one of them meets a traced value."""
