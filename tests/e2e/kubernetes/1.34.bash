#!/usr/bin/env bash
# Kubernetes 1.34 for tests/e2e/cluster, which reads this: built, with its kubectl
# and an etcd that is new enough for it, from the Go modules that 1.34/go.mod names.
# shellcheck disable=SC2034,SC2154 # Its variables are used there, and the other way.

version=$(sed -n 's,^\tk8s.io/kubernetes \(v[0-9.]*\)$,\1,p' "$here/kubernetes/1.34/go.mod")
cache_name=kube-${version#v}
packages=()
# Folders of 1.34/cmd.
components=(
  etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kubectl
)
kubelet_flags=()
# Machines with the older way of control groups are taken, too.
kubelet_settings="failCgroupV1: false
volumePluginDir: $run/volume-plugins
containerRuntimeEndpoint: unix://$run/ctd/ctd.sock"

# Makes $cache/bin/NAME of each component. `go install` cannot: the go.mod of
# Kubernetes replaces modules that it requires by folders of its own tree, so the
# one here replaces them by those modules' releases of the same day.
build_components() {
  command -v go > /dev/null || die "Go is not installed"
  local name of=k8s.io/component-base/version number=${version#v}
  local minor=${number#*.}
  local flags="-s -w -X $of.gitVersion=$version -X $of.gitTreeState=clean \
-X $of.gitMajor=${number%%.*} -X $of.gitMinor=${minor%%.*}"
  for name in "${components[@]}"; do
    [ ! -x "$cache/bin/$name" ] || continue
    # Whole or not at all.
    (cd "$here/kubernetes/1.34" && CGO_ENABLED=0 GOFLAGS='' go build \
      -p "${JOBS:-2}" -trimpath -buildvcs=false -ldflags "$flags" \
      -o "$cache/bin/$name.new" "./cmd/$name") > "$cache/build.log" 2>&1 || build_failed
    mv "$cache/bin/$name.new" "$cache/bin/$name"
  done
}
