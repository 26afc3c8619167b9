"""Times hoad against its peers on the same programs: ``python -m benchmarks``."""
