"""The email log of a session as proof: what people were told, whatever the tables say."""
