"""The sequence of steps of each operation: only this package calls the other packages in order.

There is one module for each operation: plan, apply, drift, rollback and so on.
"""
