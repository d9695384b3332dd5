"""Parts of a rehearsal: reading from the portal what applying the plan needs, and finding collisions.

A collision is a value of a unique property that the plan writes and another record has.
"""
