# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""A few domains of the world, checked every two seconds by an agent with a state file, and its exported samples."""

import json
import re

from agent import fetch

SAMPLE = re.compile(r'^(\w+)\{(.*)\} (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def settings_of(world, domain_names):
    """The world's settings for these domains, with a short check interval and a state file."""
    text = world.settings_file.read_text()
    text = re.sub(r'domains = \[[^\]]*\]', f"domains = {json.dumps(sorted(domain_names))}", text, count=1)
    text = text.replace('interval = "10s"\nsmtp_interval = "10s"', 'interval = "2s"\nsmtp_interval = "1s"')
    return text.replace('path = ":memory:"', f'path = "{world.directory}/state/state.db"')


def samples(web_port):
    """The samples of the web port: {(name, labels): value}."""
    found = {}
    for line in fetch(web_port, "/metrics")[1].splitlines():
        sample = SAMPLE.match(line)
        if sample:
            labels = tuple(sorted(LABEL.findall(sample[2])))
            found[sample[1], labels] = float(sample[3])
    return found
