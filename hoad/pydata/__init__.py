"""Arrays of pydata/sparse beside traced values, and with traced entries: a kind of value that keeps the
pattern, carries NumPy's functions out on the entries, and has doors in the library's own functions.
"""
