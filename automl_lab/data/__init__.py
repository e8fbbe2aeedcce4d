"""The user's data: read, understood, checked, made canonical and split. Refuses to fit anything."""
