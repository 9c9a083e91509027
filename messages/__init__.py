"""What is said and how it leaves: catalogue, templates, segments, quiet hours, outbox, channels."""
