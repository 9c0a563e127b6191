"""Files: handed in and fetched by an address that expires, or brought from a chat; told apart by their first bytes."""
