# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Dovecot with one user and IMAPS on loopback, in a directory of its own."""

import os
import pwd
from pathlib import Path

CONFIGURATION = """\
base_dir = {directory}/run
state_dir = {directory}/state
log_path = /dev/stderr
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{leaf.chain_file}
ssl_key = <{leaf.key_file}
mail_location = maildir:{directory}/mail
mailbox_list_index = no
first_valid_uid = 1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {login_user}
auth_failure_delay = 0
mail_max_userip_connections = 100
passdb {{
  driver = passwd-file
  args = scheme=plain {directory}/users
}}
userdb {{
  driver = static
  args = uid={mail_uid} gid={mail_gid} home={directory}/home
}}
namespace inbox {{
  inbox = yes
  separator = .
}}
service imap-login {{
  inet_listener imap {{
    port = {starttls_port}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
  process_min_avail = 0
  chroot =
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
USER = "reports@example.test"
PASSWORD = 'pass "word\\'


def dovecot(directory, port, starttls_port, leaf):
    """The mail server of USER. Returns the command that runs it in the foreground."""
    directory = Path(directory)
    owner = pwd.getpwnam("nobody")
    for name in ("run", "state", "mail", "home"):
        (directory / name).mkdir()
    for name in ("mail", "home"):
        os.chown(directory / name, owner.pw_uid, owner.pw_gid)
    (directory / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n")
    file = directory / "dovecot.conf"
    file.write_text(CONFIGURATION.format(
        directory=directory, leaf=leaf, port=port, starttls_port=starttls_port, user="dovecot", group="dovecot",
        login_user="dovenull", mail_uid=owner.pw_uid, mail_gid=owner.pw_gid))
    return ["dovecot", "-F", "-c", file]


def mail_directory(directory):
    return Path(directory) / "mail"
