"""What stands for ``cupyx`` beside the device that is not there: the names of CuPy 14.2, and no others."""
