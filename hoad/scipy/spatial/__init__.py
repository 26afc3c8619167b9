"""``scipy.spatial``."""
