"""Making definitions that nobody wrote: ids first, then everything that names them. No Hypothesis in here."""
