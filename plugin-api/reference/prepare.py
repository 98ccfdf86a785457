# SPDX-License-Identifier: LGPL-2.1-or-later
"""Headers as g-ir-scanner wants them, from headers as people like to read them.

Here a member is described where it stands, by the comment behind it, and a type in one line; there
all of it stands in one block above the type. What each descriptor begins with is described once, at
BELFRY_COMMON_FIELDS, and what the functions that BELFRY_DECLARE_RECORD makes return, nowhere.
"""
import re

BLOCK = r"(?:/\*\*(?P<block>(?:(?!\*/).)*?)\*/\s*)?"
TYPE = re.compile(
    BLOCK + r"(?:(?P<record>BELFRY_DECLARE_RECORD \((?P<declared>\w+), (?P<stem>\w+)\)\n)?"
    r"(?P<before>(?:typedef struct _\w+ \w+;\n)?(?:typedef )?(?P<word>struct|enum)(?: (?P<tag>\w+))?\s*)"
    r"\{(?P<body>(?:/\*(?:(?!\*/).)*\*/|[^{}/])*)\}(?P<after>\s*\w*;))", re.DOTALL)
OTHER = re.compile(r"/\*\*(?P<block>(?:(?!\*/).)*?)\*/", re.DOTALL)
COMMON = re.compile(BLOCK + r"#define BELFRY_COMMON_FIELDS", re.DOTALL)
ROW = re.compile(r"#define (?P<name>BELFRY_\w+)\(S, m, key, \.\.\.\)[\s\\]*BELFRY_ROW \(S, m, (?P<type>[^,]+), (?P<option>\w+),")
DEFINE = re.compile(r"#define (?P<name>BELFRY_DEFINE_\w+)\(\.\.\.\)[\s\\]*BELFRY_DEFINE \((?P<type>\w+),")
ABI = re.compile(r"#define (?P<name>BELFRY_ABI_(?P<kind>\w+)) ")
COMMON_FUNCTIONS = ("check", "start", "stop", "reload", "clear")
# members that mean the same wherever they are
SHARED = {
    "record": ["what every record begins with"],
    "size": ["of this struct, as its maker knew it"],
}
# what a macro makes is told by the macro: its comment follows from its code
MADE = [
    (ROW, "{name}:\n@S: the struct that holds the value\n@m: its member, a `{type}`\n@key: the name in a keyfile\n"
          "@...: further members of #BelfryOption\n\nA row of type %BELFRY_OPTION_{option}."),
    (DEFINE, "{name}:\n@...: members of #{type}\n\nThe plugin itself: one constant, last in its file."),
    (ABI, "{name}:\n\nThe ABI number of that kind of plugin; 0 may still change."),
]


class Block:
    """A comment: whose, its members or parameters, and its text."""

    def __init__(self, text):
        lines = [re.sub(r"^\s*\*? ?", "", line) for line in (text or "").strip().split("\n")]
        head = re.match(r"(\w+):\s*(.*)", lines[0])
        self.name = head.group(1) if head else None
        self.members, self.text = {}, [head.group(2)] if head and head.group(2) else []
        last = None
        for line in lines[1:]:
            member = re.match(r"@([\w.]+):\s*(.*)", line)
            if member:
                last = member.group(1)
                self.members[last] = [member.group(2)]
            elif last is not None and line:
                self.members[last].append(line)
            else:
                last = None
                self.text.append(line)

    def __str__(self):
        lines = [f"{self.name}:"]
        for name, text in self.members.items():
            lines += [f"@{name}: {text[0]}", *text[1:]]
        text = "\n".join(self.text).strip("\n").split("\n")
        return "/**\n" + "\n".join(f" * {line}".rstrip() for line in [*lines, "", *text]) + "\n */\n"


def names_of(code, is_enum):
    """The names that one declaration makes."""
    if is_enum:
        return re.findall(r"^\s*(\w+)", code)
    pointer = re.search(r"\(\*\s*(\w+)\)", code)
    return [pointer.group(1)] if pointer else re.findall(r"(\w+)(?:\[[^]]*\])*\s*$", code)


def members_of(body, is_enum):
    """(name, comment or None, whether it is a function) of each member, in order"""
    end = "," if is_enum else ";"
    rows, depth, start, position = [], 0, 0, 0
    while position < len(body):
        if body.startswith("/*", position):
            position = body.index("*/", position) + 2
            continue
        depth += {"(": 1, ")": -1}.get(body[position], 0)
        if body[position] == end and depth == 0:
            comment = re.match(r"[ \t]*/\*(.*?)\*/", body[position + 1:], re.DOTALL)
            code = re.sub(r"/\*.*?\*/", "", body[start:position], flags=re.DOTALL)
            for name in names_of(code, is_enum):
                text = re.sub(r"\s*\n\s*\*?\s*", " ", comment.group(1)).strip() if comment else None
                rows.append((name, text, "(*" in code))
            start = position + 1
        position += 1
    return rows


class Preparer:
    """@missing: what is not described, as `NAME` or `TYPE.MEMBER`."""

    def __init__(self, texts):
        common = next((match for match in map(COMMON.search, texts) if match), None)
        self.common = Block(common.group("block")).members if common else {}
        self.missing = []

    def describe_members(self, block, match):
        """Those of the block, of the lines and of what all types share; functions go into the text."""
        given, block.members, functions = block.members, {}, []
        common = dict(self.common) if "BELFRY_COMMON_FIELDS" in match["body"] else {}
        rows = [(name, None, name in COMMON_FUNCTIONS) for name in common]
        for name, comment, is_function in rows + members_of(match["body"], match["word"] == "enum"):
            text = given.pop(name, None) or common.get(name) or ([comment] if comment else SHARED.get(name))
            if name.endswith("reserved") or name == "BELFRY_COMMON_FIELDS":
                continue
            if text is None:
                self.missing.append(f"{block.name}.{name}")
            elif is_function:  # g-ir-scanner passes over comments on them
                functions.append(f"- `{name}`: " + " ".join(re.sub(r"^(\([^)]*\)\s*)*:?\s*", "", line) for line in text))
            else:
                block.members[name] = [re.sub(r"^((?:\([^()]*\)\s*)+)(?=[^:\s])", lambda found: found[1].strip() + ": ",
                                              text[0]), *text[1:]]
        self.missing += [f"{block.name}.{name}: there is none" for name in given]
        block.text += ["", "## Functions", "", *functions] if functions else []

    def prepare_type(self, match):
        after = re.search(r"(\w+);", match["after"])
        block = Block(match["block"])
        block.name = block.name or match["declared"] or (after.group(1) if after else match["tag"].lstrip("_"))
        if not any(block.text):
            self.missing.append(block.name)
        self.describe_members(block, match)
        code = f"{match['before']}{{{match['body']}}}{match['after']}"
        if match["record"] is None:
            return f"{block}{code}"
        described = Block(f"{match['stem']}_get_type:\n\nReturns: (transfer none): what a #{block.name} is made of\n"
                          "Since: 0.1")
        return f"{described}{match['record']}{block}{code}"

    def prepare(self, text):
        """A header's text, with every type's comment in one block above it."""
        text = OTHER.sub(lambda match: str(Block(match["block"])) if Block(match["block"]).name else match[0], text)
        for pattern, comment in MADE:
            text = pattern.sub(lambda match, comment=comment: self.describe_macro(match, comment), text)
        return TYPE.sub(self.prepare_type, text)

    @staticmethod
    def describe_macro(match, comment):
        before = match.string[:match.start()].rstrip()
        if before.endswith("*/") and f" {match['name']}:" in before[before.rindex("/**"):]:
            return match[0]
        return str(Block(comment.format(**match.groupdict()))) + match[0]
