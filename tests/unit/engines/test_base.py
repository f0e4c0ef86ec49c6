"""Finding engines by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tidyscribe.engines import create_engine
from tidyscribe.errors import InputError


def test_an_unknown_engine_is_refused_with_those_there_are() -> None:
    """The message lists what could be meant."""
    with pytest.raises(InputError, match=r"no engine 'whisper'.*pocketsphinx"):
        create_engine("whisper")


@pytest.mark.usefixtures("trial_engines")
def test_an_installed_package_adds_engines() -> None:
    """An entry point of another package is an engine like our own."""
    assert create_engine("echo").name == "echo"


def test_importing_the_engines_loads_none_of_their_packages() -> None:
    """Whoever never transcribes on his own machine pays nothing for it."""
    code = "import sys, tidyscribe.engines; print({'av', 'pocketsphinx'} & set(sys.modules))"

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "set()"
