"""How a traced value is an ndarray: its operators and methods, writes in place and views."""
