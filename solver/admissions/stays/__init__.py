"""Days ahead: from which day a patient stays, and in which room on each day."""
