"""The plan file: encoding, decoding, digest."""
