"""Every command explains itself, and stands in the manual page."""

import os
import re

import weir
from weir import WeirTest

TOPIC_COMMANDS = ["list", "create", "describe", "produce", "consume", "delete"]


class Help(WeirTest):
    def commands(self):
        out, _ = self.weir("--help")
        commands = re.findall(r"^  (\w+) +\w", out, re.MULTILINE)
        self.assertIn("run", commands)
        return [[command] for command in commands] + [["topic", c] for c in TOPIC_COMMANDS]

    def test_every_command_has_help_on_standard_output(self):
        for command in self.commands():
            out, err = self.weir(*command, "--help")
            self.assertIn(f"weir {' '.join(command)}", out)
            self.assertEqual(err, "")

    def test_what_an_option_does_begins_at_one_column(self):
        """Beside the option, or below one that is too long for that."""
        for command in self.commands():
            if command in (["generate"], ["topic"]):
                continue  # Pages of their own.
            out, _ = self.weir(*command, "--help")
            for line in re.findall(r"^  -.*", out, re.MULTILINE):
                self.assertRegex(line, r"^  -.{22,23} \S|^  -\S+( \S+)?$", command)
        self.assertIn("(default none: in memory)", self.weir("sql", "--help")[0])

    def test_every_command_and_its_options_stand_in_the_manual_page(self):
        page = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "weir.1")
        with open(page, encoding="utf-8") as file:
            text = file.read()
        for command in self.commands():
            name = " ".join(command)
            self.assertRegex(text, rf"(?m)^\.It Nm weir Cm {name}\b")
            if name in ("topic", "generate"):
                continue  # The page names generate's main options alone.
            out, _ = self.weir(*command, "--help")
            for option in re.findall(r"^  --([\w-]+)", out, re.MULTILINE):
                flag = option if len(option) == 1 else f"-{option}"
                self.assertRegex(text, rf"Fl {flag}\b", f"weir {name} --{option}")

    def test_an_unknown_command_and_option_are_told(self):
        self.assertIn("no command 'runn'; did you mean run?", self.weir("runn", status=2)[1])
        self.assertIn("no command 'frobnicate'; weir --help", self.weir("frobnicate", status=2)[1])
        for command in self.commands():
            if command != ["topic"]:
                _, err = self.weir(*command, "--no-such-option", status=2)
                self.assertIn("--no-such-option", err)


if __name__ == "__main__":
    weir.main()
