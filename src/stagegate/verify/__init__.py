"""Finding out what a process allows, before it runs: scenarios played, invariants proved or broken, mutants noticed.

`verify.prove.prove` answers invariants, `verify.examine.examine` the questions nobody has to ask, `verify.scenarios.play` plays a
scenario, `verify.mutation` tells what scenarios and invariants notice. Pure: definitions and processes in, answers out. Nothing here
reads a file, and z3 is only imported where it is used and installed (extra `verify`).
"""
