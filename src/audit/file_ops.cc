// Placeholder, soon replaced.
