"""Parameters that a function closes over, and their gradients: ``param``, ``Params``, ``Grads``."""
