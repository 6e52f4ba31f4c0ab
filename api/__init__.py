"""What is offered: the HTTP service, its use cases, security and monitoring."""
