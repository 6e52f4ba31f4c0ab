"""Pure computation: who gets which bed, unit, lot and nurse. Knows no database, no HTTP, no clock."""
