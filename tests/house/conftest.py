"""The wheel, built once from the checkout without any network."""

import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPILED = "solver/**/__pycache__/*.nb[ic]"


@dataclass(frozen=True)
class Installation:
    """The wheel installed into an environment of its own, which cannot see the checkout."""

    wheel: Path
    environment: Path
    elsewhere: Path

    def run(self, *command: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment (``python``, ``wardflow``) outside the checkout."""
        return subprocess.run(
            [str(self.environment / "bin" / command[0]), *command[1:]],
            cwd=self.elsewhere,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.elsewhere)},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def lend_kernels(self, left_out: str) -> None:
        """Copy what the checkout's kernels were compiled to (a minute and a half of compiling), but for files whose
        names begin with ``left_out``."""
        for compiled in ROOT.glob(COMPILED):
            if not compiled.name.startswith(left_out):
                copied = self.packages / compiled.relative_to(ROOT)
                copied.parent.mkdir(exist_ok=True)
                shutil.copy2(compiled, copied)

    def kernels(self, prefix: str) -> list[Path]:
        """Compiled kernels it holds whose files' names begin so."""
        return [path for path in self.packages.glob(COMPILED) if path.name.startswith(prefix)]

    @property
    def packages(self) -> Path:
        """Where the wheel's packages were installed."""
        [folder] = (self.environment / "lib").glob("python*/site-packages")
        return folder


@pytest.fixture(scope="session")
def installed_wheel(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("wheel")
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    wheel = _build(folder / "dist")
    environment = folder / "environment"
    venv.create(environment, with_pip=False, symlinks=True)
    _lend_dependencies(environment)
    _call(
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(environment / "bin" / "python"),
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--disable-pip-version-check",
        str(wheel),
    )
    return Installation(wheel, environment, elsewhere)


def _build(folder: Path) -> Path:
    _call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    [wheel] = folder.glob("*.whl")
    return wheel


def _lend_dependencies(environment: Path) -> None:
    """Show the environment the libraries installed here, after its own.

    Python does not follow the .pth files of a folder that is itself named in one, so the link to the checkout
    that an editable installation keeps there stays unread.
    """
    [site_packages] = (environment / "lib").glob("python*/site-packages")
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")


def _call(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
