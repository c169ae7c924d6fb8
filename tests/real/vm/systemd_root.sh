#!/bin/sh
# systemd_root.sh FOLDER: makes FOLDER/systemd-root, a tree with systemd, D-Bus and their libraries from Debian's
# packages, which are only unpacked. What is there is not made again.
set -eu
folder=$1
[ ! -e "$folder/systemd-root/done" ] || exit 0
mkdir -p "$folder/deb"
cd "$folder"
rm -rf systemd-root
mkdir -p deb/archives/partial systemd-root

# As for a machine on which nothing is installed, so that all that systemd needs is among them. What only
# scripts at installation need stays out.
: >deb/status
apt-get -qq -o Dir::State::status="$PWD/deb/status" -o Dir::Cache="$PWD/deb" -o APT::Sandbox::User=root \
  -y --download-only --no-install-recommends install systemd dbus
for directory in bin sbin lib lib64; do
  mkdir -p "systemd-root/usr/$directory"
  ln -s "usr/$directory" "systemd-root/$directory"
done
for package in deb/archives/*.deb; do
  case ${package##*/} in
  perl* | libperl* | lib*-perl_* | usrmerge* | libgdbm* | libdb5* | dpkg_* | tar_* | debconf* | adduser* | passwd_*) continue ;;
  esac
  dpkg-deb --fsys-tarfile "$package" | tar -C systemd-root -x --keep-directory-symlink
done
rm -rf deb systemd-root/usr/share/doc systemd-root/usr/share/man systemd-root/usr/share/locale
touch systemd-root/done
