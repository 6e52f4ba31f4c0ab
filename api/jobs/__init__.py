"""Long work: asked for through the service, done by workers, durable on both sides."""
