"""The sequences of whole commands: only this package knows the order of the others.

One module for each verb.
"""
