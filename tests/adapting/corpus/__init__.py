"""Short programs in the style in which scientists write, of no library but NumPy: none knows of hoad.

``test_corpus.py`` differentiates each as it stands.
"""
