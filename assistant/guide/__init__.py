"""The guide: steps, letters, sources and addresses as data, one folder a jurisdiction, and their rendering."""
