"""``python -m tidyscribe`` is the command line."""

from tidyscribe.cli import main

main(prog_name="tidyscribe")
