"""Recovery after a crash: finding out what became of batches whose outcome is not in the journal.

This only reads the portal; it never sends a call again.
"""
