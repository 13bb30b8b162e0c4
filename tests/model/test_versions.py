"""What a result was made with: its own version, and each library that shapes a byte."""

from __future__ import annotations

import platform

import msgspec

from chargeback import __version__
from chargeback.model import versions as module
from chargeback.model.versions import versions


def test_it_names_itself_python_and_the_libraries_at_work() -> None:
    found = versions()
    assert (found["chargeback"], found["python"]) == (__version__, platform.python_version())
    assert found["msgspec"] == msgspec.__version__


def test_a_library_that_is_not_installed_is_absent() -> None:
    assert module._version("no-such-library-of-chargeback") == "absent"
