"""The changes of values: the kinds of tangents there are, and how a cotangent is fitted to its value."""
