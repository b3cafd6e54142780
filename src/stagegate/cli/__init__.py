"""The command line. Commands only parse their arguments, call the library, and render what it answers.

`main` is the entry point; each command is a module of its own and is imported when it is asked for.
"""

from stagegate.cli.entry import main

__all__ = ["main"]
