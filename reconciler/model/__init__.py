"""The nouns: plain values, standard library only."""
