"""``python -m cli``: the same as ``wardflow``, for who has the interpreter rather than the command."""

from cli.main import main

main()
