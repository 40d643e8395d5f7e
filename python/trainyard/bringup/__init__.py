"""Bringing a chip up: micro-benchmarks against its data sheet, and what is wrong with it."""
