"""What goes over the wire: strict request models and documented answers."""
