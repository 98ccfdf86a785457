# SPDX-License-Identifier: LGPL-2.1-or-later
"""C as the checks see it: comments, literals and preprocessor lines blanked, functions found.

Everything keeps its place: a blanked text is as long as the original, so that an offset in one is an
offset in the other, and a line number is a count of line feeds.
"""
import bisect
import dataclasses
import os
import pathlib
import re

SKIPPED_FOLDERS = {".git", "fixtures", "__pycache__", "subprojects"}
TOKEN = re.compile(
    r"/\*.*?(?:\*/|\Z)|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\.)*", re.MULTILINE | re.DOTALL)
LOOK_BACK = 400
CONTROL_WORDS = {"if", "for", "while", "switch"}


def find_files(root):
    """All files below a folder that are the project's own text: no build folders, no fixtures."""
    for folder, folders, names in os.walk(root):
        if "build.ninja" in names or "meson-private" in folders:
            folders.clear()
            continue
        folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
        for name in sorted(names):
            yield pathlib.Path(folder, name)


def blanks(text):
    return re.sub(r"[^\n]", " ", text)


def hide(match):
    text = match.group()
    if text[0] == "/":
        return blanks(text)
    return text[0] + blanks(text[1:-1]) + text[-1]


@dataclasses.dataclass
class Function:
    name: str
    line: int
    last_line: int
    parameters: list
    nesting: int


class Source:
    """One C file."""

    def __init__(self, text):
        self.text = text
        self.lines = text.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        # quotes stay, what is between them does not
        self.bare = TOKEN.sub(hide, text)
        self.code = DIRECTIVE.sub(lambda match: blanks(match.group()), self.bare)

    def line_of(self, offset):
        return bisect.bisect_right(self.starts, offset)

    def before(self, offset):
        """The code that leads to an offset; what decides about a brace stands close to it."""
        return self.code[max(0, offset - LOOK_BACK):offset].rstrip()

    def word_before(self, offset):
        match = re.search(r"(\w+)$", self.before(offset))
        return match.group(1) if match else None

    def opening_of(self, offset):
        """Where the bracket was opened that is closed at this offset."""
        depth = 0
        for at in range(offset, -1, -1):
            depth += {")": 1, "(": -1}.get(self.code[at], 0)
            if depth == 0:
                return at
        return 0

    def arguments_at(self, opening):
        """(start, end) of each argument of the call whose bracket opens at this offset."""
        found, depth, start = [], 0, opening + 1
        for at in range(opening, len(self.code)):
            letter = self.code[at]
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(letter, 0)
            if depth == 0 or (depth == 1 and letter == ","):
                found.append((start, at))
                start = at + 1
            if depth == 0:
                return found
        return found

    def literal_in(self, start, end):
        """The text of the string literals between two offsets, joined."""
        parts = re.findall(r"\"((?:\\.|[^\"\\\n])*)\"", self.text[start:end])
        return "".join(parts) if parts else None

    def functions(self):
        depth, entry, deepest, stack = 0, None, 0, []
        for match in re.finditer(r"[{}]", self.code):
            if match.group() == "{":
                kind = self.kind_of_brace(match.start(), stack)
                stack.append(kind)
                if kind == "function":
                    entry, depth, deepest = match.start(), 0, 0
                if kind in ("function", "block"):
                    depth += 1
                    deepest = max(depth, deepest)
            elif stack:
                kind = stack.pop()
                if kind in ("function", "block"):
                    depth -= 1
                if kind == "function":
                    yield self.describe(entry, match.start(), deepest)

    def kind_of_brace(self, offset, stack):
        before = self.before(offset)
        if not stack:
            return "function" if before.endswith(")") else "data"
        if stack[-1] == "data":
            return "data"
        if before.endswith((";", "{", "}", ":")) or re.search(r"\b(else|do)$", before):
            return "block"
        if before.endswith(")"):
            if self.word_before(self.opening_of(self.code.rindex(")", 0, offset))) in CONTROL_WORDS:
                return "block"
        return "data"

    def describe(self, entry, end, nesting):
        opening = self.opening_of(self.code.rindex(")", 0, entry))
        name = self.word_before(opening)
        texts = [self.code[start:stop].strip() for start, stop in self.arguments_at(opening)]
        parameters = [text for text in texts if text not in ("", "void")]
        line = self.line_of(len(self.code[:opening].rstrip()) - 1)
        return Function(name, line, self.line_of(end), parameters, nesting)
