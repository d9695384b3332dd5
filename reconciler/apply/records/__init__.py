"""Applying changes of records: sending calls, reading records again, and finding lost outcomes.

An outcome is lost if the call got no answer, or if the run ended before it stored the answer.
"""
