"""What ``hoad`` on the command line needs."""
