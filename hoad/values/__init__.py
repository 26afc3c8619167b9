"""What programs hold: arrays and their shapes, containers and objects taken apart, systems of numbers."""
