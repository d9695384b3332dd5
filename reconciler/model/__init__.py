"""The values of the domain: plain dataclasses, standard library only."""
