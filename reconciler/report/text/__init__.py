"""Text for terminals: widths, lines, values."""
