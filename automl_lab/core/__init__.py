"""What every room may lean on: errors, the registry of parts, time and whole-file writes. It imports nothing of ours and no third party."""
