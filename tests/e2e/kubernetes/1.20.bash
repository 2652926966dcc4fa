#!/usr/bin/env bash
# Kubernetes 1.20 for tests/e2e/cluster, which reads this: built from Debian 12's
# source package by Debian's Go; etcd and kubectl are Debian's, too.
# shellcheck disable=SC2034,SC2154 # Its variables are used there, and the other way.

version=v1.20.2 cache_name=kube-1.20
packages=(etcd-server)
# Any kubectl will do.
command -v kubectl > /dev/null || packages+=(kubernetes-client)
# Debian has no packages of these; its source package has the whole tree.
components=(kube-apiserver kube-controller-manager kube-scheduler kubelet)
build_packages=(golang-1.19-go rsync jq dpkg-dev make)
kubelet_flags=(--container-runtime=remote
  --container-runtime-endpoint="unix://$run/ctd/ctd.sock")
kubelet_settings=

# Makes $cache/bin/NAME of each component.
build_components() {
  [ "$(id -u)" = 0 ] || die "must be root to install what it is built with"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update
  apt-get -qq -y --no-install-recommends install "${build_packages[@]}" \
    > /dev/null
  local tree=$cache/go/src/k8s.io/kubernetes
  rm -rf "$cache/go" "$cache/src"
  mkdir -p "$cache"/{src,apt/partial} "$tree"
  fetch_source
  tar -xf "$cache"/src/kubernetes_*.orig.tar.gz -C "$tree" --strip-components=1
  # Debian's own Go, even if there are others: newer ones cannot build this
  # tree.
  (
    cd "$tree"
    unset GOROOT GOPATH GOFLAGS GO111MODULE GOTOOLCHAIN GOPROXY
    export PATH=/usr/lib/go-1.19/bin:$PATH KUBE_GIT_TREE_STATE=clean \
      KUBE_GIT_COMMIT=debian KUBE_GIT_VERSION=$version \
      KUBE_GIT_MAJOR=1 KUBE_GIT_MINOR=20
    exec make WHAT="${components[*]/#/cmd/}" GOLDFLAGS='-s -w'
  ) > "$cache/build.log" 2>&1 || build_failed
  local name
  for name in "${components[@]}"; do
    # Whole or not at all.
    cp -L "$tree/_output/bin/$name" "$cache/bin/$name.new"
    mv "$cache/bin/$name.new" "$cache/bin/$name"
  done
  chmod -R u+w "$cache/go"
  rm -rf "$cache/go" "$cache/src"
}

# Takes the source package from where this machine has its packages from.
fetch_source() {
  local mirror
  # shellcheck disable=SC2016 # It is apt's variable.
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
    | grep -m 1 'debian/*$') || die "found no Debian mirror in apt's sources"
  echo "deb-src $mirror bookworm main" > "$cache/sources.list"
  local options=(
    -qq -o APT::Sandbox::User=root
    -o Dir::Etc::sourcelist="$cache/sources.list" -o Dir::Etc::sourceparts=-
    -o Dir::State::lists="$cache/apt"
  )
  apt-get "${options[@]}" update
  (cd "$cache/src" && apt-get "${options[@]}" source --download-only kubernetes)
}
