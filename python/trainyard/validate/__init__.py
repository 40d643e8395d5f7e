"""Published measurements of real chips, predicted: what `trainyard validate` shows."""
