"""Running the program: whether it keeps up and keeps its promises, copies of it, what it forgets."""
