"""What ``scipy.ndimage`` measures of an image, in regions of it, by Python code of its own."""

MEASURES = (
    "sum_labels", "sum", "mean", "variance", "standard_deviation", "median", "minimum", "maximum", "extrema",
    "center_of_mass",
)  # fmt: skip
