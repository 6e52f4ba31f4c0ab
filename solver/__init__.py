"""Pure computation: who gets which bed, unit, lot and nurse, and when. Knows no database, no HTTP, no clock."""
