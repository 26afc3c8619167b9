"""Looking at derivatives: the program drawn, the line a nan came from, formulas, proofs by SymPy."""
