{{- /*
SPDX-License-Identifier: Apache-2.0
SPDX-FileCopyrightText: The mtasts-exporter authors
*/ -}}
{{- /* For other charts, with (index .Subcharts "mtasts-exporter"): an item of containers, or, native, of initContainers (from
Kubernetes 1.29), and items of volumes. */}}
{{- define "mtasts-exporter.sidecar" -}}
{{- include "mtasts-exporter.sidecar.container" (dict "root" . "native" false) }}
{{- end }}

{{- define "mtasts-exporter.sidecar.native" -}}
{{- include "mtasts-exporter.sidecar.container" (dict "root" . "native" true) }}
{{- end }}

{{- define "mtasts-exporter.sidecar.container" -}}
{{- include "mtasts-exporter.check" .root }}
{{- $own := .root.Values.sidecar }}
{{- $ports := dict "webPort" "mtasts-web" "telemetryPort" "mtasts-agent" }}
{{- $rest := dict "name" $own.name "readiness" $own.readinessProbe "stateVolume" (default "mtasts-state" $own.stateVolumeName) }}
{{- include "mtasts-exporter.container" (merge $rest $ports .) }}
{{- end }}

{{- define "mtasts-exporter.sidecar.volumes" -}}
{{- include "mtasts-exporter.settingsVolumes" . }}
{{- if not .Values.sidecar.stateVolumeName }}
- name: mtasts-state
  {{- if .Values.sidecar.stateVolume }}
  {{- toYaml .Values.sidecar.stateVolume | nindent 2 }}
  {{- else }}
  emptyDir: {{ toJson (default dict .Values.persistence.emptyDir) }}
  {{- end }}
{{- end }}
{{- with include "mtasts-exporter.policyHost.volumes" . }}
{{ . | trim }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ include "mtasts-exporter.tpl" (dict "value" . "root" $) }}
{{- end }}
{{- end }}
