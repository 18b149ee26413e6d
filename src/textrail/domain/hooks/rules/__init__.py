"""What an endpoint hears, what it is told, how it is signed and when it is tried again. Pure."""
