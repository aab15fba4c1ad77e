{{- /*
SPDX-License-Identifier: Apache-2.0
SPDX-FileCopyrightText: The mtasts-exporter authors
*/ -}}
{{- /* The endpoints of a monitor: dict "root" … "monitor" … "webPort" … "telemetryPort" … (empty: there is none) */}}
{{- define "mtasts-exporter.endpoints" -}}
{{- if .monitor.web.enabled }}
{{- $scheme := default (empty .root.Values.web.tlsSecret | ternary "http" "https") .monitor.web.scheme }}
{{ include "mtasts-exporter.endpoint" (dict "endpoint" .monitor.web "port" .webPort "scheme" $scheme) }}
{{- end }}
{{- if and .monitor.telemetry.enabled .telemetryPort }}
{{ include "mtasts-exporter.endpoint" (dict "endpoint" .monitor.telemetry "port" .telemetryPort "scheme" .monitor.telemetry.scheme) }}
{{- end }}
{{- end }}

{{- define "mtasts-exporter.endpoint" -}}
{{- with .endpoint -}}
- port: {{ $.port }}
  path: {{ .path | quote }}
  {{- with .interval }}
  interval: {{ . | quote }}
  {{- end }}
  {{- with .scrapeTimeout }}
  scrapeTimeout: {{ . | quote }}
  {{- end }}
  {{- with $.scheme }}
  scheme: {{ . | quote }}
  {{- end }}
  {{- with .tlsConfig }}
  tlsConfig:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .basicAuth }}
  basicAuth:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .authorization }}
  authorization:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .honorLabels }}
  honorLabels: true
  {{- end }}
  {{- with .relabelings }}
  relabelings:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .metricRelabelings }}
  metricRelabelings:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "mtasts-exporter.limits" -}}
{{- range $key := list "sampleLimit" "targetLimit" "labelLimit" "labelNameLengthLimit" "labelValueLengthLimit" }}
{{- with get $ $key | int64 }}
{{ $key }}: {{ . }}
{{- end }}
{{- end }}
{{- end }}
