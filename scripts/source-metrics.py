#!/usr/bin/env python3
"""Measures the sources: language, size, layering and repetition.

    scripts/source-metrics.py [ROOT]           print every figure
    scripts/source-metrics.py --pairs [ROOT]   print the pairs of files with equal shapes
    scripts/source-metrics.py --check [ROOT]   print what `make check` refuses; exit code 1 if there is any

ROOT is a checkout of this repository, by default the one that holds this script. The word list is always this
script's own, so that two checkouts are measured by the same words.
"""

import collections
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
LINE_LIMIT = 110
FUNCTION_LIMIT = 70
FILE_LIMIT = 300
SHARED_LINES = 6
TOO_COMMON = 8


def files_of(root):
    """Tracked text files, relative to the root."""
    names = subprocess.run(
        ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"],
        check=True, capture_output=True, text=True,
    ).stdout.splitlines()
    return [name for name in names if (root / name).is_file()]


def read(root, name):
    try:
        return (root / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def target_of(name):
    """The target that a source file belongs to, such as `Ledger` or `Jobs/JobStore`; None outside Sources."""
    parts = name.split("/")
    if parts[0] != "Sources" or len(parts) < 3:
        return None
    if parts[1] in ("Kinds", "Jobs", "Drivers", "Components", "System") and len(parts) > 3:
        return f"{parts[1]}/{parts[2]}"
    return parts[1]


# Comments and words


def comment_lines(name, text):
    marker = r"^\s*--" if name.endswith(".sql") else r"^\s*///?"
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(marker, line)
        if found:
            yield number, line[found.end():]
        elif not name.endswith(".sql"):
            found = re.search(r"\s//\s(.*)$", line)
            if found and '"' not in found.group(1):
                yield number, found.group(1)


def words():
    patterns = []
    for line in (HERE / "words.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pattern, _, instead = line.partition("\t")
            patterns.append((re.compile(pattern, re.IGNORECASE), pattern, instead))
    return patterns


PROSE = (".swift", ".sql", ".md", ".sh", ".py", ".yaml")
NOT_PROSE = ("Tests/Fuzz/Corpus/", "LICENSE", "scripts/words.txt", "CHANGELOG.md")


def prose_files(root, names):
    """The texts that people read. A migration keeps its bytes once a database has recorded its digest."""
    return [
        name for name in names
        if (name.endswith(PROSE) or name in ("Makefile", "packaging/Dockerfile"))
        and not name.startswith(NOT_PROSE)
        and "/SQL/migration-" not in name
    ]


def word_findings(root, names):
    """Every use of a removed word, in comments, code, strings and documents."""
    patterns = words()
    for name in prose_files(root, names):
        for number, line in enumerate(read(root, name).splitlines(), 1):
            for pattern, _, instead in patterns:
                found = pattern.search(line)
                if found:
                    yield f"{name}:{number}: ‘{found.group(0)}’: write {instead}"


def word_rates(root, names):
    """(uses of each word, comment lines) in Sources."""
    counts, lines = collections.Counter(), 0
    patterns = words()
    for name in names:
        if target_of(name) is None or not name.endswith((".swift", ".sql")):
            continue
        for _, comment in comment_lines(name, read(root, name)):
            lines += 1
            for pattern, text, _ in patterns:
                counts[text] += len(pattern.findall(comment))
    return counts, lines


# Sizes


def long_lines(root, names):
    for name in prose_files(root, names):
        if name.endswith((".md", ".yaml")) and not name.startswith("docs/") and "/" in name:
            continue
        if name in ("docs/kinds.md", "docs/server-reference.md"):
            continue  # Generated from the program.
        in_block = False
        is_script = not name.endswith((".swift", ".sql", ".md", ".py"))
        for number, line in enumerate(read(root, name).splitlines(), 1):
            if name.endswith(".md"):
                if line.lstrip().startswith("```"):
                    in_block = not in_block
                if in_block or line.lstrip().startswith("|"):
                    continue  # Output as it is printed, and rows of tables, cannot be wrapped.
            if is_script and not line.lstrip().startswith("#"):
                continue
            if len(line) > LINE_LIMIT:
                yield f"{name}:{number}: {len(line)} columns"


SQL_FUNCTION = re.compile(r"\s*CREATE (?:OR REPLACE )?FUNCTION\s+([\w.]+)", re.IGNORECASE)
SQL_FUNCTION_END = re.compile(r".*\$\w*\$\s*(LANGUAGE.*)?;\s*$", re.IGNORECASE)
SWIFT_FUNCTION = re.compile(
    r"^(\s*)(?:@\w+(?:\([^)]*\))?\s+)*(?:[a-z]+(?:\([a-z]+\))?\s+)*(?:func\s+(`[^`]+`|\S+?)[(<]|(init)[?(<])")


def functions(name, text):
    """(line, name, lines) of every Swift function, with its SQL, and of every function of the database."""
    lines = text.splitlines()
    for index, line in enumerate(lines):
        found = SQL_FUNCTION.match(line)
        if found:
            ends = [i for i in range(index + 1, len(lines)) if SQL_FUNCTION_END.match(lines[i])]
            yield index + 1, found.group(1), (ends[0] if ends else len(lines) - 1) - index + 1
    if not name.endswith(".swift"):
        return
    for index, line in enumerate(lines):
        found = SWIFT_FUNCTION.match(line)
        if not found:
            continue
        indent = found.group(1)
        for end in range(index, len(lines)):
            if lines[end].startswith(indent + "}") or (end == index and lines[end].rstrip().endswith("}")):
                yield index + 1, found.group(2) or "init", end - index + 1
                break
            depth = len(lines[end]) - len(lines[end].lstrip())
            if end > index and lines[end].strip() and depth < len(indent):
                break


# Repetition


def shapes(text, is_sql):
    """(line number, text, shape) of the lines that count."""
    in_comment = False
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if bare.startswith("/*"):
            in_comment = True
        if in_comment:
            in_comment = "*/" not in bare
            continue
        if not bare or bare.startswith(("//", "--" if is_sql else "//")):
            continue
        if re.match(r"((package|internal|private|public) )?import ", bare) or not re.search(r"\w", bare):
            continue
        bare = re.sub(r"\s+//.*$", "", bare)
        shape = re.sub(r'"(?:\\.|[^"\\])*"', "S", bare)
        shape = re.sub(r"\b\d[\d_.]*\b", "N", shape)
        shape = re.sub(
            r"\b(?!(?:func|let|var|if|else|guard|return|for|in|switch|case|struct|class|enum|extension|init|"
            r"try|await|throws|async|private|package|static|self|nil|true|false|throw|do|catch|while|where|"
            r"mutating|some|any)\b)[A-Za-z_]\w*", "I", shape)
        yield number, bare, re.sub(r"\s+", " ", shape)


def repeated_pairs(root, names):
    """Pairs of files that share runs of six or more lines of the same shape, with the number of such runs."""
    places = collections.defaultdict(list)
    for name in names:
        if target_of(name) is None or not name.endswith((".swift", ".sql")):
            continue
        kept = list(shapes(read(root, name), name.endswith(".sql")))
        for index in range(len(kept) - SHARED_LINES + 1):
            window = tuple(shape for _, _, shape in kept[index:index + SHARED_LINES])
            places[window].append((name, index))
    starts = collections.defaultdict(set)
    for found in places.values():
        if not 1 < len(found) <= TOO_COMMON:
            continue
        for position, (a, i) in enumerate(found):
            for b, j in found[position + 1:]:
                if a == b and abs(i - j) < SHARED_LINES:
                    continue
                starts[(a, b)].add((i, j))
    runs = {}
    for pair, found in starts.items():
        runs[pair] = sum(1 for i, j in found if (i - 1, j - 1) not in found)
    return runs


# SQL


SQL_WORD = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|TABLE|TRUNCATE|LOCK|JOIN|FROM)\b|::regclass")


def sql_texts(root, names):
    """(file, line, text) of what may be SQL: `.sql` files, and the literals of Swift files."""
    for name in names:
        if target_of(name) is None:
            continue
        text = read(root, name)
        if name.endswith(".sql"):
            yield name, 1, text
        elif name.endswith(".swift"):
            for found in re.finditer(r'"""\n(.*?)"""|"((?:\\.|[^"\\\n])*)"', text, re.DOTALL):
                literal = found.group(1) or found.group(2) or ""
                if SQL_WORD.search(literal):
                    yield name, text.count("\n", 0, found.start()) + 1, literal


def foreign_tables(root, names):
    """Statements that name another target's table. Foreign keys are part of the schema and may."""
    owners = {}
    for name, _, text in sql_texts(root, names):
        for found in re.finditer(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+)", text):
            owners.setdefault(found.group(1), target_of(name))
    for name, line, text in sql_texts(root, names):
        bare = re.sub(r"--[^\n]*", "", text)
        for found in re.finditer(
            r"\b(?:FROM|JOIN|INTO|UPDATE|ONLY|TABLE|ON)\s+(\w+)\b|'(\w+)'::regclass", bare
        ):
            table = found.group(1) or found.group(2)
            if table in owners and owners[table] != target_of(name):
                at = line + text.count("\n", 0, text.find(found.group(0)))
                yield f"{name}:{at}: {table} belongs to {owners[table]}"


ORDINAL = re.compile(
    r"\.(?:text|int|bool|double|bytes|timestamp|json|textArray|intArray|isNull|optional\w*|value)"
    r"\(\s*\d{1,2}\b|"
    r"\.(?:integers|timestamps|values)\(\s*\d+\b")


def ordinals(root, names):
    for name in names:
        if target_of(name) is None or not name.endswith(".swift"):
            continue
        for number, line in enumerate(read(root, name).splitlines(), 1):
            for _ in ORDINAL.finditer(line):
                yield f"{name}:{number}: {line.strip()}"


def report(root):
    names = files_of(root)
    sources = [name for name in names if target_of(name) and name.endswith((".swift", ".sql"))]
    counts, lines = word_rates(root, names)
    print(f"comment lines in Sources            {lines}")
    print("removed words per 1,000 comment lines (those in use)")
    for word, count in counts.most_common():
        if count:
            print(f"  {word:32}  {1000 * count / max(lines, 1):.1f}")
    print(f"  all together                      {1000 * sum(counts.values()) / max(lines, 1):.1f}")
    print(f"rows read by ordinal                {sum(1 for _ in ordinals(root, names))}")
    long = [f for name in sources for f in functions(name, read(root, name)) if f[2] > FUNCTION_LIMIT]
    listed = "".join(f"  {function[1]} ({function[2]})" for function in long)
    print(f"functions over {FUNCTION_LIMIT} lines, with SQL    {len(long)}{listed}")
    pairs = repeated_pairs(root, names)
    print(f"pairs of files with {SHARED_LINES}+ equal shapes  {len(pairs)} (runs: {sum(pairs.values())})")
    sizes = {name: read(root, name).count("\n") for name in sources}
    over = [name for name, size in sizes.items() if size > FILE_LIMIT]
    print(f"files over {FILE_LIMIT} lines                {len(over)}" + "".join(f"  {name}" for name in over))
    modules = collections.Counter()
    for name, size in sizes.items():
        modules[target_of(name)] += size
    module, size = modules.most_common(1)[0]
    total = sum(sizes.values())
    print(f"longest module                      {module}, {size} of {total} lines; {len(modules)} modules")
    print(f"uses of another target's tables     {sum(1 for _ in foreign_tables(root, names))}")
    print(f"lines over {LINE_LIMIT} columns               {sum(1 for _ in long_lines(root, names))}")


def check(root):
    names = files_of(root)
    status = 0
    for title, findings in (
        ("Words that this code does not use (scripts/words.txt):", word_findings(root, names)),
        (f"Lines over {LINE_LIMIT} columns:", long_lines(root, names)),
        ("Rows read by ordinal; read columns by name:", ordinals(root, names)),
        ("SQL that names another target's table:", foreign_tables(root, names)),
    ):
        found = sorted(set(findings))
        if found:
            status = 1
            print(title)
            print("\n".join(found))
    return status


def main():
    arguments = [a for a in sys.argv[1:] if a not in ("--check", "--pairs")]
    root = pathlib.Path(arguments[0]) if arguments else HERE.parent
    if "--check" in sys.argv:
        sys.exit(check(root))
    if "--pairs" in sys.argv:
        for (a, b), runs in sorted(repeated_pairs(root, files_of(root)).items()):
            print(f"{a} ~ {b} ({runs})")
        return
    report(root)


main()
