"""Pure: a text and what was asked in, a meaning out. Doubt asks back; a wrong log entry is far worse."""
