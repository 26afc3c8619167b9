"""Pictures of functions and their derivatives, by Matplotlib: each gives axes that can be styled further."""
