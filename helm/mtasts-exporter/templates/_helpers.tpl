{{- /*
SPDX-License-Identifier: Apache-2.0
SPDX-FileCopyrightText: The mtasts-exporter authors
*/ -}}
{{- /* Helm names an aliased dependency by its alias, which may not be a valid Kubernetes name. */}}
{{- define "mtasts-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | lower | replace "_" "-" | replace "." "-" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* A different name, so that selectors of the agent's pods do not match the pod of helm test. */}}
{{- define "mtasts-exporter.testName" -}}
{{- include "mtasts-exporter.name" . | trunc 58 | trimSuffix "-" }}-test
{{- end }}

{{- /* A release name that contains the chart's name is used alone; an alias must be kept, or two of them would collide. */}}
{{- define "mtasts-exporter.fullname" -}}
{{- $name := include "mtasts-exporter.name" . }}
{{- if .Values.fullnameOverride }}
{{- include "mtasts-exporter.short" .Values.fullnameOverride }}
{{- else if and (contains $name .Release.Name) (or .Values.nameOverride (eq .Chart.Name "mtasts-exporter")) }}
{{- include "mtasts-exporter.short" .Release.Name }}
{{- else }}
{{- include "mtasts-exporter.short" (printf "%s-%s" .Release.Name $name) }}
{{- end }}
{{- end }}

{{- /* At most 52 characters: a label of a StatefulSet's pods has the name, an ordinal and a hash. A hash replaces what is cut
off, so that two long names remain different. The name of a Service has no dots. */}}
{{- define "mtasts-exporter.short" -}}
{{- $name := replace "." "-" . }}
{{- if gt (len $name) 52 }}
{{- printf "%s-%s" (trunc 43 $name | trimSuffix "-") (sha256sum $name | trunc 8) }}
{{- else }}
{{- $name }}
{{- end }}
{{- end }}

{{- define "mtasts-exporter.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride }}
{{- end }}

{{- define "mtasts-exporter.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "mtasts-exporter.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- /* A value with templates in it, as YAML: dict "value" … "root" … . */}}
{{- define "mtasts-exporter.tpl" -}}
{{- $text := .value }}
{{- if not (kindIs "string" .value) }}
{{- $text = toYaml .value }}
{{- end }}
{{- if contains "{{" $text }}
{{- tpl $text .root }}
{{- else }}
{{- $text }}
{{- end }}
{{- end }}

{{- /* The same for a map of strings, such as labels: each result stays a string. */}}
{{- define "mtasts-exporter.texts" -}}
{{- range $key, $text := .value }}
{{- $key = include "mtasts-exporter.tpl" (dict "value" $key "root" $.root) }}
{{ $key | quote }}: {{ include "mtasts-exporter.tpl" (dict "value" (toString $text) "root" $.root) | quote }}
{{- end }}
{{- end }}

{{- define "mtasts-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "mtasts-exporter.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- /* metadata of an object: dict "root" … and, optionally, "name", "namespace", "labels", "annotations", "fixed" (labels that
cannot be overridden, because selectors use them). */}}
{{- define "mtasts-exporter.metadata" -}}
name: {{ default (include "mtasts-exporter.fullname" .root) .name | quote }}
namespace: {{ default (include "mtasts-exporter.namespace" .root) .namespace | quote }}
labels:
  {{- include "mtasts-exporter.mergedLabels" . | nindent 2 }}
{{- with merge (dict) (default dict .annotations) (default dict .root.Values.commonAnnotations) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* No label twice: those of the object take precedence over the chart's, and those of selectors over commonLabels. */}}
{{- define "mtasts-exporter.mergedLabels" -}}
{{- $selectors := include "mtasts-exporter.selectorLabels" .root | fromYaml }}
{{- $common := include "mtasts-exporter.texts" (dict "value" .root.Values.commonLabels "root" .root) | fromYaml }}
{{- $chart := printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- $own := dict "helm.sh/chart" $chart }}
{{- $_ := set $own "app.kubernetes.io/version" (toString .root.Chart.AppVersion) }}
{{- $_ := set $own "app.kubernetes.io/part-of" "mtasts-exporter" }}
{{- $helms := dict "app.kubernetes.io/managed-by" .root.Release.Service }}
{{- toYaml (merge $helms (default dict .fixed) (default dict .labels) $selectors $common $own) }}
{{- end }}

{{- /* Labels of a Service that no value can change: monitors select them. dict "root" … "component" … */}}
{{- define "mtasts-exporter.serviceLabels" -}}
{{ include "mtasts-exporter.selectorLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "mtasts-exporter.image" -}}
{{- $image := merge (dict "root" . "tag" (default .Chart.AppVersion .Values.image.tag)) .Values.image }}
{{- include "mtasts-exporter.imageOf" $image }}
{{- end }}

{{- /* dict "root" … "repository" … and, optionally, "registry", "tag", "digest". A parent's registry mirror is prepended. */}}
{{- define "mtasts-exporter.imageOf" -}}
{{- with default .registry (default dict .root.Values.global).imageRegistry }}{{ trimSuffix "/" . }}/{{ end }}
{{- .repository }}
{{- if .digest }}@{{ .digest }}{{ else if .tag }}:{{ .tag }}{{ end }}
{{- end }}

{{- define "mtasts-exporter.pullSecrets" -}}
{{- range concat (default list (default dict .Values.global).imagePullSecrets) (default list .Values.imagePullSecrets) }}
- name: {{ kindIs "string" . | ternary . (get (kindIs "map" . | ternary . dict) "name") | quote }}
{{- end }}
{{- end }}

{{- define "mtasts-exporter.isStatefulSet" -}}
{{- if or .Values.persistence.enabled (gt (int .Values.shards) 1) }}true{{ end }}
{{- end }}

{{- define "mtasts-exporter.replicas" -}}
{{- if gt (int .Values.shards) 1 }}{{ int64 .Values.shards }}{{ else }}{{ int64 .Values.replicaCount }}{{ end }}
{{- end }}

{{- /* The port of the Service inside the cluster: a headless Service has the addresses of the pods and does not map ports.
dict "root" … "key" "port" or "telemetryPort" */}}
{{- define "mtasts-exporter.servicePort" -}}
{{- if eq (default "" .root.Values.service.clusterIP) "None" }}
{{- eq .key "port" | ternary .root.Values.web.port .root.Values.telemetry.port | int64 }}
{{- else }}
{{- get .root.Values.service .key | int64 }}
{{- end }}
{{- end }}
