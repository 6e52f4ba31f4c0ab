"""How the service does as a process of its own: how soon it is ready, and how much memory it takes."""
