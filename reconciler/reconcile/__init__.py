"""The steps of each operation. Only this package decides in which order the other packages are called.

There is one module for each operation: plan, apply, drift, rollback and so on.
"""
