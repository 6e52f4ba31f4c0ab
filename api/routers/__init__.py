"""Routes: each translates between HTTP and one use case, and declares who may call it."""
