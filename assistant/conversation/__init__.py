"""What happens between a caregiver and the program: ask, take a reply, confirm, fix, suggest a step."""
