"""``hoad.compile``: a function that records itself once for each kind of its arguments, and is carried out
as the program that was recorded from then on.
"""
