{{- /*
SPDX-License-Identifier: Apache-2.0
SPDX-FileCopyrightText: The mtasts-exporter authors
*/ -}}
{{- /* Helm calls an aliased dependency by its alias, which need not be a name as Kubernetes has them. */}}
{{- define "mtasts-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | lower | replace "_" "-" | replace "." "-" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* Another name, so that no selector of the agent's pods finds the pod of helm test. */}}
{{- define "mtasts-exporter.testName" -}}
{{- include "mtasts-exporter.name" . | trunc 58 | trimSuffix "-" }}-test
{{- end }}

{{- /* A release that has the chart's name in its own needs it once; an alias must stay, or two of them would meet. */}}
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

{{- /* 52 characters at most: a StatefulSet's pods carry the name, an ordinal and a hash in a label. What is cut off lives on in a
hash, so that two long names stay two. A Service's name has no dots. */}}
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

{{- /* The same of a map of texts, such as labels: each stays a text, whatever its template makes of it. */}}
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

{{- /* metadata of an object: dict "root" … and, as wanted, "name", "namespace", "labels", "annotations", "fixed" (labels that
nobody can change, for others look for them). */}}
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

{{- /* No label twice: those of the object win over the chart's, and those of the selectors over commonLabels. */}}
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

{{- /* Labels of a Service that no value changes: a monitor looks for them. dict "root" … "component" … */}}
{{- define "mtasts-exporter.serviceLabels" -}}
{{ include "mtasts-exporter.selectorLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "mtasts-exporter.image" -}}
{{- $image := merge (dict "root" . "tag" (default .Chart.AppVersion .Values.image.tag)) .Values.image }}
{{- include "mtasts-exporter.imageOf" $image }}
{{- end }}

{{- /* dict "root" … "repository" … and, as wanted, "registry", "tag", "digest". A parent's mirror goes in front of it. */}}
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

{{- /* The port by which the Service is reached from within: a headless one has the pods' addresses and nothing translates.
dict "root" … "key" "port" or "telemetryPort" */}}
{{- define "mtasts-exporter.servicePort" -}}
{{- if eq (default "" .root.Values.service.clusterIP) "None" }}
{{- eq .key "port" | ternary .root.Values.web.port .root.Values.telemetry.port | int64 }}
{{- else }}
{{- get .root.Values.service .key | int64 }}
{{- end }}
{{- end }}
