"""What a team wants: how severe findings are, which are accepted, what is called otherwise today."""
