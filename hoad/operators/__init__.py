"""What users call: gradients, products, Jacobians, Hessians, series, tensors, operators, ``vmap``."""
