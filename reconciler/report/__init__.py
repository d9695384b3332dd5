"""Values become text. Pure; prints nothing."""
