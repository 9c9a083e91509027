"""The guide: steps, letters, citations and addresses as reviewed data, one folder a jurisdiction."""
