"""Who asks, and what they may do: passwords, tokens, the permission table, access to wards."""
