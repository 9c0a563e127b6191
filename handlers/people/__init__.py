"""People: who agreed to the notice, which chats are theirs, whom they serve, and what they may ask of us (F6)."""
