"""The distributions of ``scipy.stats``: their own formulas, run with traced values, and what follows."""
