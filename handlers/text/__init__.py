"""What was typed, read: pure functions over words, names, phones, places and days."""
