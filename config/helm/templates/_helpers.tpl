{{/* All objects have one name. The Lease has it, too, so there can be only one syncctl
     in a namespace; a second release is refused since the objects are another's. */}}
{{- define "motorcade.name" -}}syncctl{{- end -}}

{{/* Labels by which Pods of syncctl are selected. They never change. */}}
{{- define "motorcade.selector" -}}
app.kubernetes.io/name: motorcade
app.kubernetes.io/component: syncctl
{{- end -}}

{{- define "motorcade.labels" -}}
{{ include "motorcade.selector" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "motorcade.account" -}}
{{- .Values.serviceAccount.name | default (include "motorcade.name" .) -}}
{{- end -}}

{{- define "motorcade.port" -}}
{{- include "motorcade.text" (get .Values.settings "SYNCCTL_HTTP_PORT" | default 3043) -}}
{{- end -}}

{{/* The text of a value. Helm reads whole numbers as floating-point ones, and would write
     1000000 as 1e+06. */}}
{{- define "motorcade.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ int64 . }}{{- else -}}{{ . }}{{- end -}}
{{- end -}}

{{/* The settings that are no secrets, with those that follow from other values. */}}
{{- define "motorcade.settings" -}}
{{- $given := dict
      "SYNCCTL_RUNTIME" "kubernetes"
      "SYNCCTL_KUBERNETES_CLIENT_CONFIG" "local"
      "SYNCCTL_INSTANCE_ID" (include "motorcade.name" .)
      "SYNCCTL_SIDECAR_IMAGE" (printf "%s:%s" .Values.sidecarImage.repository (.Values.sidecarImage.tag | default .Chart.AppVersion)) -}}
{{- if .Values.podsTemplate -}}
{{- $_ := set $given "SYNCCTL_PODS_TEMPLATE" "/etc/syncctl/pods/template.json" -}}
{{- end -}}
{{- range $name, $value := merge (deepCopy .Values.settings) $given }}
{{ $name }}: {{ include "motorcade.text" $value | quote }}
{{- end }}
{{- end -}}
