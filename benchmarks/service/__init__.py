"""How the service does as a process of its own: how soon it is ready, its memory, its pace, its limits."""
