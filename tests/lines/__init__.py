"""One module for each kind of channel: how a person in a dialogue speaks and hears there."""
