"""Settings are read by every command of the command line, so reading them is cheap."""

import subprocess
import sys


def test_who_reads_settings_loads_no_kernels():
    """The library that compiles kernels took a third of the time in which a command of the command line ends."""
    asked = "import sys, api.settings; print({'numba', 'numpy', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
