"""What happens by itself. A job is a plain function of (session or store, clock, settings)."""
