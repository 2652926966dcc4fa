"""All that is tried in a real Kubernetes, in the order in which it is tried."""

import api_kubernetes
import kubernetes_away_cases
import kubernetes_end_cases
import kubernetes_fault_cases
import kubernetes_helm_cases
import kubernetes_last_cases
import kubernetes_mesh_cases
import kubernetes_outage_cases
import kubernetes_secret_cases
import kubernetes_well_cases

# Left out by --brief: most of them take long.
LONG = [
    *kubernetes_mesh_cases.CASES,
    *kubernetes_fault_cases.CASES,
    *kubernetes_away_cases.CASES,
    # Builds Helm, the first time.
    *kubernetes_helm_cases.CASES,
    kubernetes_end_cases.image_that_comes_too_late,
    kubernetes_end_cases.image_that_never_comes,
    kubernetes_outage_cases.scheduled_sync_outlives_its_leader,
    kubernetes_outage_cases.syncctl_is_killed_amid_twenty_syncs,
]

CASES = [
    *kubernetes_well_cases.CASES,
    *kubernetes_secret_cases.CASES,
    *kubernetes_end_cases.CASES,
    *kubernetes_mesh_cases.CASES,
    *kubernetes_outage_cases.CASES,
    *kubernetes_fault_cases.CASES,
    *kubernetes_away_cases.CASES,
    *kubernetes_helm_cases.CASES,
    # The HTTP API, as it is tried of local processes, too.
    *api_kubernetes.CASES,
    *kubernetes_last_cases.CASES,
]
