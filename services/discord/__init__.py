"""Discord: what people and apps say in the channels and threads of a server."""
