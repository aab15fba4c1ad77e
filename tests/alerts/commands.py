# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Checks commands in texts for operators: the agent's must exist, others must be standard tools."""

import functools
import re
import subprocess

import promql

TOOLS = {"curl", "df", "dig", "grep", "journalctl", "kubectl", "ls", "nc", "openssl"}
CODE = re.compile(r"`([^`]+)`")
OWN = re.compile(r"(?:^|[|;] )mtasts-exporter ([^|;\n]+)", re.M)


@functools.cache
def help_of(agent, *words):
    done = subprocess.run([agent, *words, "--help"], capture_output=True, text=True, timeout=60)
    return done.stdout


def own_command_faults(agent, text):
    """Subcommands and options of mtasts-exporter in the text that the agent does not have."""
    faults = []
    for command in OWN.findall(text):
        words = command.split()
        # `generate` has subcommands of its own.
        depth = 2 if words[0] == "generate" else 1
        path, options = words[:depth], words[depth:]
        # For an unknown subcommand, the agent prints the help of what is above it.
        if f"{' '.join(['mtasts-exporter', *path])} " not in help_of(agent, *path):
            faults.append(f"no such command: {command}")
        faults += [f"no such option: {option} of {command}" for option in options
                   if option.startswith("--") and option not in help_of(agent, *path)]
    return faults


def command_faults(agent, command):
    """Why this is neither a query nor a shell command of known tools; empty when it is one."""
    if promql.metrics_in(command) and re.match(r"\w+\(", command):
        unknown = promql.metrics_in(command) - promql.exported_metrics()
        return [f"no such metric: {name}" for name in sorted(unknown)] + list(filter(None, [promql.complaints([command])]))
    done = subprocess.run(["sh", "-n"], input=command, capture_output=True, text=True, timeout=60)
    tools = {part.split()[0] for part in re.split(r"[|;]", command)}
    faults = [f"no known tool: {tool}" for tool in sorted(tools - TOOLS - {"mtasts-exporter"})]
    return faults + list(filter(None, [done.stderr])) + own_command_faults(agent, command)
