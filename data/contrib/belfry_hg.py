# SPDX-License-Identifier: LGPL-2.1-or-later
"""changegroup hook of Mercurial: each changeset that came in becomes a change. In place of hgbuildbot.py.

Copy it and belfry_change.py somewhere, and say in hgrc of the repository, or of the server:

  [hooks]
  changegroup.belfry = python:/srv/hooks/belfry_hg.py:hook

  [belfry]
  url = https://ci.example.org/change_hook/base
  user = anvil
  password-file = /etc/anvil.password      (or token-file)

Further, as hgbuildbot.py has them: branchtype (inrepo, the default, or dirname), branch, baseurl (default:
[web] baseurl), strip (default: [notify] strip, 0), category, project, codebase; and timeout.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from belfry_change import post_all  # noqa: E402

NAMES = ("url", "user", "password-file", "token-file", "timeout", "branchtype", "branch", "baseurl", "strip",
         "category", "project", "codebase")


def decode(value):
    return value.decode("utf-8", "replace")


def read_settings(ui):
    settings = {}
    for name in NAMES:
        value = ui.config(b"belfry", name.encode())
        if value is not None:
            settings[name] = decode(value)
    settings.setdefault("baseurl", decode(ui.config(b"web", b"baseurl") or b""))
    settings.setdefault("strip", decode(ui.config(b"notify", b"strip") or b"0"))
    return settings


def find_repository(root, settings):
    """baseurl, and the path without its first components"""
    path = root.replace(os.sep, "/")
    for _ in range(int(settings["strip"])):
        path = path.partition("/")[2]
    return settings["baseurl"] + path


def find_branch(context, root, settings):
    if settings.get("branchtype", "inrepo") == "dirname":
        return settings.get("branch") or os.path.basename(root)
    return decode(context.branch())


def list_changes(repo, first, settings):
    root = decode(repo.root)
    for number in range(repo[first].rev(), len(repo)):
        context = repo[number]
        is_merge = len(context.parents()) > 1
        files = [decode(name) for name in context.files()]
        yield {"branch": find_branch(context, root, settings), "revision": decode(context.hex()),
               "comments": decode(context.description()), "author": decode(context.user()),
               "files": files or (["merge"] if is_merge else []), "when": float(context.date()[0]),
               "properties": {"is_merge": is_merge}, "repository": find_repository(root, settings),
               "project": settings.get("project") or "", "category": settings.get("category"),
               "codebase": settings.get("codebase")}


def hook(ui, repo, hooktype, node=None, **_):
    def complain(text):
        ui.warn(text.encode("utf-8", "replace") + b"\n")

    try:
        if hooktype not in (b"changegroup", "changegroup") or node is None:
            complain("belfry: this is a hook for changegroup")
            return False
        settings = read_settings(ui)
        post_all(settings, list_changes(repo, node, settings), complain)
    except Exception as error:  # whatever it is, what was pushed is in, and the pusher should know no more
        complain(f"belfry: {error}")
    return False
