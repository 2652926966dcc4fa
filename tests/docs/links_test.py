#!/usr/bin/env python3
"""Checks the documents: every link leads somewhere, README stays short, every
document can be reached from README, and every decision is in the index."""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
README_LINES = 150
SKIPPED = {"build", "node_modules"}


def documents():
    """The project's Markdown files, without what builds and tools have made."""
    for path in sorted(ROOT.rglob("*.md")):
        parts = path.relative_to(ROOT).parts
        if not any(p in SKIPPED or p.startswith((".", "build-")) for p in parts):
            yield path


def without_code(text):
    """The text without code, where brackets are no links."""
    text = re.sub(r"(?ms)^ *```.*?^ *```", "", text)
    return re.sub(r"`[^`\n]*`", "", text)


def links(path):
    """The targets of the document's links and pictures."""
    return re.findall(r"\]\(([^()\s]+)\)", without_code(path.read_text()))


def anchors(path):
    """What may stand behind # in a link to the document, as GitHub names it."""
    found = set()
    text = re.sub(r"(?ms)^ *```.*?^ *```", "", path.read_text())
    for heading in re.findall(r"(?m)^#+ +(.+?) *$", text):
        heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        number = 0
        while (one := f"{name}-{number}" if number else name) in found:
            number += 1
        found.add(one)
    return found | set(re.findall(r'<a id="([^"]+)">', text))


def target_of(path, link):
    """The file and the anchor that a relative link names."""
    name, _, anchor = link.partition("#")
    return (path.parent / name).resolve() if name else path, anchor


class DocumentsTest(unittest.TestCase):
    def test_every_relative_link_leads_to_a_file_and_a_heading(self):
        for path in documents():
            for link in links(path):
                if re.match(r"[a-z]+:", link):
                    continue
                with self.subTest(document=str(path.relative_to(ROOT)), link=link):
                    file, anchor = target_of(path, link)
                    self.assertTrue(file.exists(), "there is no such file")
                    if anchor:
                        self.assertIn(anchor, anchors(file))

    def test_every_path_in_code_type_exists(self):
        # What is built and cached is not there in a fresh clone.
        tops = {
            path.name for path in ROOT.iterdir()
            if path.is_dir() and not path.name.startswith((".", "build"))
        } - SKIPPED
        for path in documents():
            # A decision is not rewritten when files move.
            if path.parent.name == "decisions":
                continue
            for name in re.findall(r"`([\w.-]+/[\w./-]*)`", path.read_text()):
                if name.split("/")[0] in tops:
                    with self.subTest(document=str(path.relative_to(ROOT)), path=name):
                        found = [(ROOT / name), (path.parent / name)]
                        self.assertTrue(any(one.exists() for one in found))

    def test_readme_stays_short(self):
        lines = len((ROOT / "README.md").read_text().splitlines())
        self.assertLessEqual(lines, README_LINES)

    def test_every_document_can_be_reached_from_readme(self):
        reached, to_read = set(), [ROOT / "README.md"]
        while to_read:
            path = to_read.pop()
            if path in reached or path.suffix != ".md" or not path.exists():
                continue
            reached.add(path)
            to_read += [
                target_of(path, link)[0]
                for link in links(path)
                if not re.match(r"[a-z]+:", link)
            ]
        for path in (ROOT / "docs").rglob("*.md"):
            with self.subTest(document=str(path.relative_to(ROOT))):
                self.assertIn(path, reached)

    def test_every_decision_is_in_the_index_with_its_title(self):
        folder = ROOT / "docs" / "decisions"
        index = (folder / "README.md").read_text()
        for path in sorted(folder.glob("[0-9]*.md")):
            title = path.read_text().splitlines()[0].lstrip("# ")
            with self.subTest(decision=path.name):
                self.assertIn(f"[{title}]({path.name})", index)


if __name__ == "__main__":
    sys.exit(unittest.main())
