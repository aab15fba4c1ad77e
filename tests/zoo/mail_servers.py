# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""The mail servers of the zoo: Debian's or upstream's default configuration plus an address, a name and a certificate.

Each script runs as root in the sandbox with $ADDRESS, $PORT, $HOST, $KEY, $CHAIN (certificate and intermediate) and
$LEAF, and ends with the server in the foreground. The shell stays its parent, so the server ends with the sandbox.
"""

from dataclasses import dataclass, field

EXIM = """\
echo $HOST > /etc/mailname
cat > /etc/exim4/update-exim4.conf.conf <<END
dc_eximconfig_configtype='internet'
dc_other_hostnames='$HOST'
dc_local_interfaces=''
dc_use_split_config='true'
END
install -o Debian-exim -m 600 $KEY /etc/exim4/exim.key
install -o Debian-exim -m 644 $CHAIN /etc/exim4/exim.crt
cat > /etc/exim4/conf.d/main/000_localmacros <<END
MAIN_HARDCODE_PRIMARY_HOSTNAME = $HOST
MAIN_TLS_ENABLE = true
END
mkdir -p /var/spool/exim4 /var/log/exim4 /var/lib/exim4
chown Debian-exim:Debian-exim /var/spool/exim4 /var/log/exim4
{fault}
update-exim4.conf
exim4 -bdf -q30m -oX "<; [$ADDRESS]:$PORT"
"""

OPENSMTPD = """\
sed -i "s|^listen on localhost|listen on $ADDRESS port $PORT hostname $HOST|" /etc/smtpd.conf
touch /etc/aliases
mkdir -p /var/spool/smtpd /var/lib/opensmtpd/empty
chmod 711 /var/spool/smtpd
{fault}
smtpd -dF
"""


COURIER = """\
mkdir -p /run/courier /var/lib/courier
cat $KEY $CHAIN > /etc/courier/esmtpd.pem
chown courier:courier /etc/courier/esmtpd.pem
chmod 600 /etc/courier/esmtpd.pem
echo $HOST > /etc/courier/me
{fault}
MX_PORT=$PORT
set -a
. /etc/courier/esmtpd
/usr/sbin/couriertcpd -address=$ADDRESS -noidentlookup -nodnslookup -user=courier -group=courier $MX_PORT \\
  /usr/sbin/courieresmtpd
"""


@dataclass(frozen=True)
class Fault:
    """A change of the configuration, the findings that follow, and words that the first fix must contain."""
    script: str
    codes: tuple
    words: str


@dataclass(frozen=True)
class MailServer:
    name: str
    packages: tuple
    users: tuple
    script: str
    faults: dict = field(default_factory=dict)  # by description
    healthy: bool = True                        # without a fault it must be ok


MAIL_SERVERS = (
    MailServer("exim", ("exim4-base", "exim4-config", "exim4-daemon-light", "libidn12"), ("Debian-exim",), EXIM, {
        "the key cannot be read": Fault("chmod 000 /etc/exim4/exim.key; chown root /etc/exim4/exim.key",
                                        ("smtp-starttls-refused",), "tls_privatekey"),
        "no certificate": Fault("sed -i /TLS_ENABLE/d /etc/exim4/conf.d/main/000_localmacros",
                                ("cert-self-signed", "cert-cn-only"), "tls_certificate"),  # Exim makes one
        "no intermediate": Fault("cp $LEAF /etc/exim4/exim.crt", ("cert-incomplete-chain",), "tls_certificate"),
    }),
    # Its TLS fails in Debian 12's build ("EVP lib" for any key), so it is not held to be healthy.
    MailServer("opensmtpd", ("opensmtpd",), ("opensmtpd", "opensmtpq"), OPENSMTPD, {
        "no pki": Fault("", ("smtp-starttls-missing",), "pki"),
    }, healthy=False),
    MailServer("courier", ("courier-mta", "courier-base", "courier-authlib", "libcourier-unicode4", "libidn12"),
               ("courier",), COURIER, {
        "the key cannot be read": Fault("chown root /etc/courier/esmtpd.pem", ("smtp-starttls-missing",),
                                        "TLS_CERTFILE"),
    }),
)
