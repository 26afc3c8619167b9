"""A program over whole arrays: fields that are read backwards, and the plan of buffers and loops."""
