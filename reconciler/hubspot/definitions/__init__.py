"""Reading and writing the portal's own definitions."""
