"""Days ahead: who is admitted when, into which room and theatre, and which nurse looks after which room."""
