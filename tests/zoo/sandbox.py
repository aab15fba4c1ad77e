# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The mtasts-exporter authors
"""Runs Debian packages that cannot be installed together, without installing any of them.

The packages are unpacked over a copy-on-write view of this machine (overlayfs on a tmpfs), in a mount namespace of its
own; the program runs in it with chroot. Nothing outside changes, and nothing is left when it ends. Needs root.
"""

import subprocess
from pathlib import Path

from processes import WorldError

ENTER = """\
set -e
umask 022
mount --make-rprivate /
mount -t tmpfs none {mount}
cd {mount}
mkdir packages upper work view
for file in {packages}/*.deb; do dpkg -x "$file" packages; done
# Debian has merged these into /usr; a package's own directory would hide the symbolic link.
for folder in bin sbin lib; do
  if [ -d packages/$folder ]; then
    mkdir -p packages/usr/$folder
    cp -a packages/$folder/. packages/usr/$folder/
    rm -r packages/$folder
  fi
done
mount -t overlay overlay -o lowerdir=packages:/,upperdir=upper,workdir=work view
mount --rbind /dev view/dev
mount -t proc none view/proc
mount -t tmpfs none view/run
for user in {users}; do
  id=$((64000 + $(wc -l < view/etc/passwd)))
  echo "$user:x:$id:$id::/nonexistent:/usr/sbin/nologin" >> view/etc/passwd
  echo "$user:x:$id:" >> view/etc/group
done
# No name is looked up outside: nothing listens on port 53 of 127.0.0.1.
rm -f view/etc/resolv.conf
echo 'nameserver 127.0.0.1' > view/etc/resolv.conf
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
exec chroot view /bin/sh {script}
"""


def download(directory, names):
    """The packages of this machine's Debian release, from its mirror."""
    directory.mkdir()
    directory.chmod(0o777)  # apt downloads as a user of its own
    done = subprocess.run(["apt-get", "download", *names], cwd=directory, capture_output=True, text=True)
    if done.returncode != 0:
        raise WorldError(f"apt-get download {' '.join(names)}: {done.stderr}")


def command(directory, packages, users, script):
    """The command that runs `script` (text) with `packages` (a folder of .deb files) as if they were installed."""
    directory = Path(directory)
    mount = directory / "mount"
    mount.mkdir(parents=True)
    inner, outer = directory / "run.sh", directory / "enter.sh"
    inner.write_text(script)
    outer.write_text(ENTER.format(mount=mount, packages=packages, users=" ".join(users), script=inner))
    return ["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "sh", outer]
