"""What the program knows and decides. The rooms follow the data; see docs/architecture.md."""
