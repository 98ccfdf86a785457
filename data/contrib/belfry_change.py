# SPDX-License-Identifier: LGPL-2.1-or-later
"""Posts changes to the hook `base` of a Belfry (or Buildbot). For the hooks of version control programs
that lie beside this file; needs nothing but Python 3.6 or later.

Nothing here ends what called it: a push is not undone because a continuous integration is down. What
could not be posted is told on standard error.
"""
import base64
import json
import os
import stat
import urllib.error
import urllib.parse
import urllib.request

# what of a change is an argument of the form, in this order
ARGUMENTS = ("author", "committer", "branch", "category", "codebase", "comments", "files", "project", "properties",
             "repository", "revision", "revlink", "when")


class Refused(Exception):
    """The text says what was not posted, and why."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Credentials go nowhere but to the configured address."""

    def redirect_request(self, *_):
        return None


def read_secret(path):
    """The first line of a file that others cannot read."""
    path = os.path.expanduser(path)
    with open(path, encoding="utf-8") as file:
        if os.fstat(file.fileno()).st_mode & (stat.S_IROTH | stat.S_IWOTH):
            raise Refused(f"'{path}' can be read by everybody: chmod o= it")
        return file.readline().rstrip("\r\n")


class Poster:
    """settings: url, and user with password-file, or token-file; timeout in seconds"""

    def __init__(self, settings):
        self.url = settings.get("url")
        if not self.url or urllib.parse.urlsplit(self.url).scheme not in ("http", "https"):
            raise Refused(f"'{self.url}' is no address of http or https to post to")
        self.timeout = float(settings.get("timeout") or 20)
        self.headers = {"Accept": "text/plain", "Content-Type": "application/x-www-form-urlencoded"}
        user, password, token = (settings.get(key) for key in ("user", "password-file", "token-file"))
        if user and password:
            pair = f"{user}:{read_secret(password)}".encode()
            self.headers["Authorization"] = "Basic " + base64.b64encode(pair).decode("ascii")
        elif token:
            self.headers["Authorization"] = "Bearer " + read_secret(token)
        self.opener = urllib.request.build_opener(NoRedirect)

    def post(self, change):
        """change: ARGUMENTS to values; None is left out; files a list, properties a dictionary"""
        unknown = set(change) - set(ARGUMENTS)
        if unknown:
            raise Refused(f"no such arguments: {', '.join(sorted(unknown))}")
        form = []
        for name in ARGUMENTS:
            value = change.get(name)
            if isinstance(value, (list, dict)):
                value = json.dumps(value)
            if value is not None:
                form.append((name, str(value).encode("utf-8", "replace")))
        request = urllib.request.Request(self.url, urllib.parse.urlencode(form).encode("ascii"), self.headers)
        try:
            with self.opener.open(request, timeout=self.timeout) as answer:
                answer.read(65536)
        except urllib.error.HTTPError as error:
            text = error.read(500).decode("utf-8", "replace").strip()
            raise Refused(f"{change.get('revision')} was answered {error.code}: {text}") from None
        except OSError as error:
            raise Refused(f"{change.get('revision')} was not posted: {error}") from None


def post_all(settings, changes, complain):
    """Posts all, oldest first; the first that is not taken ends it. How many were."""
    taken = 0
    try:
        poster = Poster(settings)
        for change in changes:
            poster.post(change)
            taken += 1
    except (Refused, OSError, ValueError) as error:
        complain(f"belfry: {error}")
    return taken
