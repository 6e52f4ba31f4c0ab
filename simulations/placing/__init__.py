"""A hospital that lives through weeks or years while the placing kernels of production decide who lies where."""
