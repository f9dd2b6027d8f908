#!/bin/sh
# The first process of an isolated host: `namespace.sh DIRECTORY`, started in
# mount, network and process namespaces of its own. It puts DIRECTORY's private
# folders in the places of the machine's, prints its process id as the machine
# sees it, and lives until its standard input is closed. With it dies everything
# that runs in the namespaces: libvirtd, the guests, dnsmasq.
set -eu
directory=$1
exec 3<&0

# /proc still belongs to the machine here, so this is the machine's number for us.
read -r pid _ </proc/self/stat

mount --make-rprivate /
mount -t proc proc /proc

# A network namespace needs its own view of /sys. Control groups stay out of it: libvirtd
# would leave the guests' groups behind, on the machine, when all of this dies.
umount --lazy --recursive /sys
mount -t sysfs sysfs /sys

# The filters that come with libvirt, which only root may read.
cp -R /etc/libvirt/nwfilter "$directory/etc/" 2>/dev/null || mkdir "$directory/etc/nwfilter"

# All of /run: neither the machine's libvirtd nor systemd or D-Bus are to be found from here.
mount --bind "$directory/run" /run
mount --bind "$directory/etc" /etc/libvirt
mount --bind "$directory/lib" /var/lib/libvirt
mount --bind "$directory/cache" /var/cache/libvirt
mount --bind "$directory/log" /var/log/libvirt

ip link set lo up
virtlogd --daemon
echo "$pid"

# "wait" also collects the processes that daemons leave behind.
cat <&3 >/dev/null &
wait $!
