"""Derivatives with structure: a tangent that is a linear map, and what is made of it: sparse Jacobians and
Hessians at a point, patterns, colours, plans for many points.
"""
