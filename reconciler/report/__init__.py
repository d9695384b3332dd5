"""Reports: converting values to text. Pure; prints nothing."""
