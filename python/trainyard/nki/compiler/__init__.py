"""nki.compiler: building a kernel without running it, for tests that only want to know whether it
builds. What it builds is a program of the twin; nothing of it runs on a chip."""
