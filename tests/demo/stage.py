"""How the demo speaks: chapters, sentences, the commands it runs and what they answer."""

import csv
import os
import random
import shutil
import sys
import textwrap

WIDTH = 100
LONGEST_WORD = 40


def plain(word):
    """A word of a command as a shell would need it; enrolment codes are cut."""
    word = str(word)
    if word.startswith("DOUAR1-"):
        word = word[:18] + "..."
    return f'"{word}"' if " " in word else word


class Stage:
    def __init__(self, out=sys.stdout):
        self.out = out
        self.number = 0
        color = out.isatty() and "NO_COLOR" not in os.environ
        self.bold, self.dim, self.off = ("\033[1m", "\033[2m", "\033[0m") if color else ("",) * 3
        self.width = min(shutil.get_terminal_size((WIDTH, 24)).columns, 120)

    def put(self, text=""):
        print(text, file=self.out, flush=True)

    def chapter(self, title):
        self.number += 1
        self.put(f"\n{self.bold}{self.number}. {title}{self.off}")

    def say(self, text):
        for line in textwrap.wrap(" ".join(text.split()), self.width):
            self.put(line)

    def command(self, node, *words):
        self.put(f"  {self.bold}$ {' '.join([node.program, '--home', node.name, *map(plain, words)])}"
                 f"{self.off}")

    def answer(self, text, lines):
        """What a command printed, at most so many lines of it."""
        rows = [row.rstrip() for row in text.splitlines() if row.strip()]
        for row in rows[:lines]:
            for shown in self.fit(row):
                self.put(f"    {self.dim}{shown}{self.off}")
        if len(rows) > lines:
            self.put(f"    {self.dim}... {len(rows) - lines} more lines{self.off}")

    def fit(self, row):
        """A sentence goes on in the next line; a row of a table is cut."""
        if "  " in row.strip():
            return [row if len(row) <= self.width - 4 else row[:self.width - 7].rstrip() + "..."]
        return textwrap.wrap(row, self.width - 4)

    def run(self, node, *words, lines=6, only=None, input=None):
        """Runs a command before the visitor's eyes; `only` picks lines that hold one of its words."""
        self.command(node, *words)
        text = node.text(*words, input=input)
        if only:
            text = "\n".join(row for row in text.splitlines() if any(word in row for word in only))
        self.answer(text, lines)
        return text


class Villages:
    """Households as they might be: names of the region, in Arabic and Latin letters."""

    def __init__(self, names_file, seed):
        self.random = random.Random(seed)
        self.names = {}
        with open(names_file, encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                self.names.setdefault((row["kind"], row["sex"]), []).append(row)

    def pick(self, kind, sex=""):
        return self.random.choice(self.names[kind, sex])

    def phone(self):
        return f"06{self.random.randrange(10**8):08d}"

    def household(self, place):
        draw = self.random
        given = self.pick("given", draw.choice("fm"))
        family = self.pick("family")
        members = draw.randint(1, 11)
        needs = sorted(draw.sample(["food", "heating", "water", "health", "schooling",
                                    "documents", "income"], draw.randint(0, 3)))
        household = {
            "place": place,
            "head_name_ar": f"{given['arabic']} {family['arabic']}",
            "head_name_fr": f"{given['latin']} {family['latin']}",
            "douar": self.pick("douar")["latin"],
            "members": members,
            "children": draw.randint(0, members - 1),
            "housing": draw.choice(["adobe", "stone", "solid", "solid", "room"]),
            "water": draw.choice(["tap_home", "standpipe", "well", "spring"]),
            "electricity": draw.choice(["grid", "grid", "solar", "none"]),
        }
        if draw.random() < 0.8:
            household["phone"] = self.phone()
        if needs:
            household["needs"] = needs
        return household

    def households(self, count, places):
        return [self.household(self.random.choice(places)) for _ in range(count)]
