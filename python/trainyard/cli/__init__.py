"""Commands of `trainyard` that are written in Python: a module each, with main(arguments)."""
