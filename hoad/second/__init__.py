"""Second derivatives as sweeps over one recorded program: tangents down it, pairs of cotangents back up."""
