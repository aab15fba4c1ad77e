# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Postfix as the mail server that receives TLS reports: whatever arrives is piped into `mtasts-exporter submit`."""

from pathlib import Path

from certificates import run

DOMAIN = "reports.test"

MAIN = """\
compatibility_level = 3.6
queue_directory = {directory}/queue
data_directory = {directory}/data
maillog_file = {directory}/mail.log
maillog_file_prefixes = {directory}
myhostname = mail.reports.test
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
relay_domains = {domain}
relay_transport = tlsrpt
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_peername_lookup = no
smtpd_relay_restrictions = reject_unauth_destination
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
transport_retry_time = 1s
message_size_limit = 20000000
"""

MASTER = """\
postlog unix-dgram n - n - 1 postlogd
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
tlsrpt unix - n n - 2 pipe
    flags=Rq user=nobody argv={submit}
"""


def postfix(directory, port, submit):
    """Pipes each mail into the command `submit`; its exit status 75 makes Postfix try again after a second."""
    directory = Path(directory)
    configuration = directory / "etc"
    for folder in (configuration, directory / "queue"):
        folder.mkdir(parents=True)
    (configuration / "main.cf").write_text(MAIN.format(directory=directory, domain=DOMAIN))
    (configuration / "master.cf").write_text(MASTER.format(port=port, submit=" ".join(map(str, submit))))
    run("postfix", "-c", configuration, "check")
    master = run("postconf", "-c", configuration, "-h", "daemon_directory").strip() + "/master"
    return [master, "-c", configuration, "-s"]
