"""The chat: one turn after another, and the screens of each subject."""
