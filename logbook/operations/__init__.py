"""One module a use case; each writing one makes one commit a record and one move of the ref."""
