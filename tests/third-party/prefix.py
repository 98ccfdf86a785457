# SPDX-License-Identifier: LGPL-2.1-or-later
"""An installed Belfry in a folder of its own, as those see it who know nothing of its sources."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile


def run(*words, **more):
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True, **more)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}\nends with {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout


class Prefix:
    """What `meson install` puts below a folder, and the environment in which it is found there."""

    def __init__(self, build):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="belfry-prefix-"))
        self.build = pathlib.Path(build).resolve()
        self.root = self.folder / "root"
        self.install()
        options = {option["name"]: option["value"] for option in
                   json.loads(run("meson", "introspect", "--buildoptions", self.build))}
        self.configured = pathlib.Path(options["prefix"])
        self.prefix = self.inside(self.configured)
        self.pc = self.prefix / options["libdir"] / "pkgconfig/belfry-plugin-1.pc"
        for path in self.pc.parent.glob("belfry-*.pc"):
            path.write_text(path.read_text().replace(f"prefix={self.configured}\n", f"prefix={self.prefix}\n"))
        self.locales = self.prefix / options["localedir"]
        self.libdir = self.prefix / options["libdir"]
        self.plugins = pathlib.Path(self.variable("plugindir"))
        self.helpers = pathlib.Path(self.variable("helperdir"))
        self.wrappers = self.folder / "helpers"
        self.data = pathlib.Path(self.variable("datadir"))
        self.program = pathlib.Path(self.variable("bindir")) / "belfry"
        self.wrap_helpers()
        self.environment = self.make_environment()

    def install(self):
        """In a folder that only looks like the build's: whoever runs this may not write there."""
        seeming = self.folder / "build"
        seeming.mkdir()
        for entry in self.build.iterdir():
            if entry.name not in ("meson-logs", "meson-private"):
                (seeming / entry.name).symlink_to(entry)
        (seeming / "meson-logs").mkdir()
        (seeming / "meson-private").mkdir()
        for name in ("build.dat", "coredata.dat", "install.dat"):
            shutil.copy(self.build / "meson-private" / name, seeming / "meson-private" / name)
        for path in (self.build / "meson-private").glob("*.pc"):
            shutil.copy(path, seeming / "meson-private" / path.name)
        run("meson", "install", "--no-rebuild", "--quiet", "-C", seeming, env=dict(os.environ, DESTDIR=str(self.root)))

    def inside(self, path):
        return self.root / pathlib.Path(path).relative_to("/")

    def wrap_helpers(self):
        """The host runs them with an environment of its own, and here the linker must be told the way."""
        self.wrappers.mkdir()
        for helper in self.helpers.iterdir():
            wrapper = self.wrappers / helper.name
            wrapper.write_text(f"#!/bin/sh\nLD_LIBRARY_PATH='{self.libdir}' exec '{helper}' \"$@\"\n")
            wrapper.chmod(0o755)

    def variable(self, name):
        return run("pkg-config", f"--variable={name}", self.pc).strip()

    def make_environment(self):
        """Where it lies is not where it was configured to lie; so, and only so, it has to be told."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BELFRY_")}
        environment.pop("G_DEBUG", None)  # what a guest does wrong must not end the host
        return dict(
            environment, BELFRY_DATA_DIR=str(self.data), BELFRY_HELPER_DIR=str(self.wrappers),
            BELFRY_LOCALE_DIR=str(self.locales),
            BELFRY_PLUGIN_PATH=str(self.plugins), LD_LIBRARY_PATH=str(self.libdir),
            PATH=f"{self.program.parent}:{os.environ['PATH']}", PKG_CONFIG_PATH=str(self.pc.parent))

    def belfry(self, *words, **more):
        return subprocess.run([str(self.program), *map(str, words)], env=dict(self.environment, **more),
                              capture_output=True, text=True, timeout=120)

    def build_project(self, source, output):
        """Sets a project up and compiles it, with pkg-config alone to tell it of Belfry."""
        environment = dict(self.environment, CFLAGS="-O0 -Werror")
        run("meson", "setup", output, source, env=environment)
        run("ninja", "-C", output, env=environment)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)
