# Sourced, after progress.sh: Debian packages of another architecture and Debian's sources, from the mirror that this
# machine's own apt configuration names, verified by apt's signatures. Lists and packages lie under $deps/foreign/ARCH;
# nothing is installed and the machine's dpkg knows nothing of it. The caller sets $deps.
# shellcheck shell=sh
: "${deps:?set by the caller}"

debian_codename() { sed -n 's/^VERSION_CODENAME=//p' /etc/os-release; }
debian_mirror() { # from this machine's own configuration (deb822 or classic, apt parses both)
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk -v c="$(debian_codename)" '$2 == "main" && ($1 == c || $1 ~ /^(stable|oldstable|testing)$/) { print $3; exit }'
}
apt_beside() { # FOLDER ARCH TOOL ARGS...: an apt with lists, cache and state of its own in FOLDER; the machine's is untouched
  beside=$1 beside_arch=$2 beside_tool=$3; shift 3
  "$beside_tool" -q -o Dir::Etc::sourcelist="$beside/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$beside/lists" -o Dir::State::status="$beside/status" -o Dir::Cache="$beside/cache" \
    -o APT::Architecture="$beside_arch" -o APT::Architectures="$beside_arch" -o APT::Sandbox::User=root \
    -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}
apt_beside_open() { # FOLDER KINDS SUITE...: KINDS is "deb deb-src" or one of them; the caller reads the lists
  beside=$1 beside_kinds=$2; shift 2
  beside_uri=$(debian_mirror)
  [ -n "$beside_uri" ] || die "found no Debian archive in this machine's apt configuration (apt-get indextargets)"
  beside_key=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -e "$beside_key" ] || beside_key=/usr/share/keyrings/debian-archive-keyring.pgp
  mkdir -p "$beside/lists/partial" "$beside/cache/archives/partial"
  : > "$beside/status"
  for beside_suite in "$@"; do
    for beside_kind in $beside_kinds; do echo "$beside_kind [signed-by=$beside_key] $beside_uri $beside_suite main"; done
  done > "$beside/sources.list"
}
foreign_apt() { # ARCH TOOL ARGS...
  foreign=$deps/foreign/$1 foreign_arch=$1; shift
  case $foreign_arch in
    source) foreign_arch=amd64 ;; # only sources are taken; apt wants an architecture
    newer) foreign_arch=$(dpkg --print-architecture) ;; # tools of a newer Debian for this machine
  esac
  apt_beside "$foreign" "$foreign_arch" "$@"
}
foreign_open() { # ARCH SUITE...: reads the package lists, at most once a day
  foreign=$deps/foreign/$1 foreign_arch=$1; shift
  mkdir -p "$foreign/deb"
  [ -z "$(find "$foreign/opened" -newermt '1 day ago' 2>/dev/null)" ] || return 0
  foreign_kinds='deb deb-src'
  case $foreign_arch in source) foreign_kinds=deb-src ;; newer) foreign_kinds=deb ;; esac
  apt_beside_open "$foreign" "$foreign_kinds" "$@"
  step "reading Debian's package lists ($foreign_arch)" foreign_apt "$foreign_arch" apt-get update
  foreign_apt "$foreign_arch" apt-cache dumpavail |
    awk '/^Package: /{ p = $2 } /^Version: /{ print p, $2 }' | sort -k1,1 -k2,2V > "$deps/foreign/$foreign_arch/versions"
  touch "$deps/foreign/$foreign_arch/opened"
}
foreign_version() { # ARCH PACKAGE: its candidate's version, empty if there is none
  awk -v p="$2" '$1 == p { v = $2 } END { print v }' "$deps/foreign/$1/versions"
}
foreign_download() { # ARCH PACKAGE...: the packages that are not there yet in their candidate's version
  foreign_arch=$1; shift
  foreign_wanted=
  for foreign_package in "$@"; do
    foreign_file=$(foreign_version "$foreign_arch" "$foreign_package" | sed 's/:/%3a/')
    [ -n "$foreign_file" ] || die "Debian $(debian_codename) has no package $foreign_package for $foreign_arch"
    for f in "$deps/foreign/$foreign_arch/deb/${foreign_package}_${foreign_file}_"*.deb; do
      [ -e "$f" ] || { rm -f "$deps/foreign/$foreign_arch/deb/${foreign_package}_"*; foreign_wanted="$foreign_wanted $foreign_package"; }
    done
  done
  # shellcheck disable=SC2086
  [ -z "$foreign_wanted" ] ||
    step "fetching$(echo "$foreign_wanted" | wc -w | sed 's/^/ /') packages ($foreign_arch)" foreign_get "$foreign_arch" $foreign_wanted
}
foreign_get() { foreign_arch=$1; shift; cd "$deps/foreign/$foreign_arch/deb" && foreign_apt "$foreign_arch" apt-get download "$@"; }
foreign_unpack() { # ARCH FOLDER PACKAGE...: fresh, if the set of files has changed
  foreign_arch=$1 foreign_root=$2; shift 2
  foreign_debs=
  for foreign_package in "$@"; do foreign_debs="$foreign_debs $(echo "$deps/foreign/$foreign_arch/deb/${foreign_package}_"*.deb)"; done
  [ "$(cat "$foreign_root.stamp" 2>/dev/null)" != "$foreign_debs" ] || return 0
  rm -rf "$foreign_root" "$foreign_root.stamp"; mkdir -p "$foreign_root"
  # shellcheck disable=SC2086
  step "unpacking them" foreign_unpack_all "$foreign_root" $foreign_debs
  echo "$foreign_debs" > "$foreign_root.stamp"
}
foreign_unpack_all() { # a merged /usr, as on a machine
  foreign_root=$1; shift
  for d in bin sbin lib; do mkdir -p "$foreign_root/usr/$d"; ln -s "usr/$d" "$foreign_root/$d"; done
  for d in "$@"; do dpkg --fsys-tarfile "$d" | tar -x --keep-directory-symlink -C "$foreign_root" || return 1; done
}
