"""One call of an operator: arguments come in, the function runs at a level of its own, results go out."""
