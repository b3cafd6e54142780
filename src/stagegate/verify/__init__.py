"""Finding out what a process allows, before it runs: scenarios played, invariants proved or broken, mutants noticed.

Pure: definitions and processes in, answers out. Nothing here reads a file, and z3 is only imported where it is used
and installed (extra `verify`).
"""
