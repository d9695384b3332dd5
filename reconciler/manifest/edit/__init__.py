"""Edits of manifests: spans of text are replaced, everything else keeps its bytes."""
