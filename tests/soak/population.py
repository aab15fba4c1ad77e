# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The domains of the soak. A domain's name says how its hosts behave, so that peers need no table: `silent-policy-3.test`."""

# What comes and goes: healthy, and for a part of each period not.
FLAPPING = ("policy-refused", "policy-error", "policy-changed", "record-gone", "mx-changed", "mail-refused", "dns-silent",
            "no-starttls", "wrong-certificate", "mode-changed")
# What never behaves.
HOSTILE = ("silent-policy", "trickling-policy", "endless-head", "big-body", "silent-mail", "trickling-mail", "new-records")
# The same, with a hundred MX names each: names that nobody answers for, the same names always, others in every answer.
CROWDS = ("dead-names", "many-names", "new-names")
STEADY = "steady"
VISITOR = "visitor"  # steady, and in the settings only after every other reload
NAMES_OF_CROWD = 100
PROVIDERS = 50  # mail providers, each with two MX hosts, which the steady domains share


def population(count):
    """Names: 20 % flap, 7 % are hostile, 0.75 % bring a crowd of MX names, 2 % come and go in the settings."""
    names = []
    for kinds, share in ((FLAPPING, 0.02), (HOSTILE, 0.01), (CROWDS, 0.0025), ((VISITOR,), 0.02)):
        for kind in kinds:
            names += [f"{kind}-{number}.test" for number in range(max(1, round(count * share)))]
    return names + [f"{STEADY}-{number}.test" for number in range(count - len(names))]


def kind_of(domain):
    return domain.removesuffix(".test").rpartition("-")[0]


def number_of(domain):
    return int(domain.removesuffix(".test").rpartition("-")[2])


def is_good(domain):
    """Healthy all the time."""
    return kind_of(domain) in (STEADY, VISITOR)
