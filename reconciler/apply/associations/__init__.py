"""Applying changes of associations: sending calls, reading associations again, and finding lost outcomes.

An outcome is lost if the call got no answer, or if the run ended before it stored the answer.
"""
