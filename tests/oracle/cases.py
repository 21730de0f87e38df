"""What a page must see of the arrays that NumPy writes.

    python cases.py FOLDER
    python cases.py --corpus CORPUS FOLDER

Writes into FOLDER `cases.json`, and beside it, for each title, a file with all the bytes its cases speak of. There are

    {"numpy": version,
     "titles": [{"group", "title", "file", "cases": [
         {"what", "source": span, "options", "expect": tree or {"error": "code|code"}, ...}]}]}

A span is [start, end] in the title's file; `expect.py` says what a tree is, and `data` and `strings` (as JSON) are spans here. In
`options`, {"constructor": "Float32Array"} stands for what JSON has no word for.

With --corpus they are what NumPy says of other people's files, by the corpus's MANIFEST.tsv, and `source` is a file's name.
"""

import json
import pathlib
import re
import sys

import numpy as np

import bad_cases
import cast_cases
import corpus_cases
import dtype_cases
import encode_cases
import layout_cases


class Book:
    """Collects cases, and writes them."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.titles, self.bytes, self.spans = folder, {}, {}, {}

    def add(self, group, title, what, source, options, expect, **more):
        """A case. `source` are bytes, or the name of a file that is somewhere else."""
        file = re.sub(r"\W+", "-", f"{group} {title}").lower() + ".bin"
        entry = self.titles.setdefault(file, {"group": group, "title": title, "file": file, "cases": []})
        assert (entry["group"], entry["title"]) == (group, title), f"two titles for {file}"
        case = {"what": what, "source": source, "options": options, "expect": self._tree(file, expect)} | more
        for key in ("source", "bytes"):
            if isinstance(case.get(key), (bytes, bytearray)):
                case[key] = self._span(file, bytes(case[key]))
        entry["cases"].append(case)

    def _tree(self, file, tree):
        tree = dict(tree)
        if "data" in tree:
            tree["data"] = self._span(file, tree["data"])
        if "strings" in tree:
            tree["strings"] = self._span(file, json.dumps(tree["strings"]).encode())
        if "fields" in tree:
            tree["fields"] = {name: self._tree(file, field) for name, field in tree["fields"].items()}
        return tree

    def _span(self, file, data):
        if (file, data) not in self.spans:
            pack = self.bytes.setdefault(file, bytearray())
            self.spans[file, data] = [len(pack), len(pack) + len(data)]
            pack += data
        return self.spans[file, data]

    def write(self):
        for file in self.folder.glob("*.bin"):
            file.unlink()
        for file, data in self.bytes.items():
            (self.folder / file).write_bytes(data)
        manifest = {"numpy": np.__version__, "titles": list(self.titles.values())}
        (self.folder / "cases.json").write_text(json.dumps(manifest))
        return sum(len(entry["cases"]) for entry in self.titles.values())


def main(arguments):
    if arguments[:1] == ["--corpus"]:
        book = Book(pathlib.Path(arguments[2]))
        corpus_cases.write(book, pathlib.Path(arguments[1]))
    else:
        book = Book(pathlib.Path(arguments[0]))
        for cases in (dtype_cases, cast_cases, layout_cases, bad_cases, encode_cases):
            cases.write(book, np.random.default_rng(20261123))
    print(f"{book.write()} cases in {book.folder}")


if __name__ == "__main__":
    main(sys.argv[1:])
