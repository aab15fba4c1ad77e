{{- /*
SPDX-License-Identifier: Apache-2.0
SPDX-FileCopyrightText: The mtasts-exporter authors
*/ -}}
{{- define "mtasts-exporter.name" -}}
{{- default "mtasts-exporter" .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* Another name, so that no selector of the agent's pods finds the pod of helm test. */}}
{{- define "mtasts-exporter.testName" -}}
{{- include "mtasts-exporter.name" . | trunc 58 | trimSuffix "-" }}-test
{{- end }}

{{- /* 52 characters at most: a StatefulSet's pods carry the name, an ordinal and a hash in a label. */}}
{{- define "mtasts-exporter.fullname" -}}
{{- $name := include "mtasts-exporter.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}
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

{{- define "mtasts-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "mtasts-exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "mtasts-exporter.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "mtasts-exporter.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: mtasts-exporter
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ include "mtasts-exporter.tpl" (dict "value" . "root" $) }}
{{- end }}
{{- end }}

{{- /* metadata of an object: dict "root" … and, as wanted, "name", "namespace", "labels", "annotations". */}}
{{- define "mtasts-exporter.metadata" -}}
name: {{ default (include "mtasts-exporter.fullname" .root) .name }}
namespace: {{ default (include "mtasts-exporter.namespace" .root) .namespace }}
labels:
  {{- include "mtasts-exporter.mergedLabels" . | nindent 2 }}
{{- with merge (dict) (default dict .annotations) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* No label twice: those of the object win. */}}
{{- define "mtasts-exporter.mergedLabels" -}}
{{- $common := include "mtasts-exporter.labels" .root | fromYaml }}
{{- toYaml (merge (dict) (default dict .labels) $common) }}
{{- end }}

{{- define "mtasts-exporter.image" -}}
{{- $registry := default .Values.image.registry (default dict .Values.global).imageRegistry }}
{{- with $registry }}{{ . }}/{{ end }}{{ .Values.image.repository }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ default .Chart.AppVersion .Values.image.tag }}{{ end }}
{{- end }}

{{- define "mtasts-exporter.isStatefulSet" -}}
{{- if or .Values.persistence.enabled (gt (int .Values.shards) 1) }}true{{ end }}
{{- end }}

{{- define "mtasts-exporter.replicas" -}}
{{- if gt (int .Values.shards) 1 }}{{ .Values.shards }}{{ else }}{{ .Values.replicaCount }}{{ end }}
{{- end }}

{{- /* What no schema can say. */}}
{{- define "mtasts-exporter.check" -}}
{{- $own := or .Values.domains .Values.domainFiles }}
{{- $theirs := or .Values.existingConfigMap .Values.existingSecret }}
{{- if and .Values.existingConfigMap .Values.existingSecret }}
{{- fail "existingConfigMap and existingSecret: only one of them can hold the settings" }}
{{- end }}
{{- if and $theirs (or $own .Values.settings) }}
{{- fail "domains, domainFiles, settings: they go into the settings that the chart writes, not with existingConfigMap or existingSecret" }}
{{- end }}
{{- range .Values.extraDomainFiles }}
{{- if eq (empty .configMap) (empty .secret) }}
{{- fail "extraDomainFiles: each names either a configMap or a secret" }}
{{- end }}
{{- end }}
{{- if not (or $own $theirs .Values.extraDomainFiles) }}
{{- fail "domains: name at least one mail domain to watch, for instance --set 'domains={example.com}'" }}
{{- end }}
{{- if and (gt (int .Values.shards) 1) (ne (int .Values.replicaCount) 1) }}
{{- fail "replicaCount: must be 1 with shards; the number of shards is the number of pods" }}
{{- end }}
{{- if and .Values.persistence.enabled .Values.persistence.existingClaim (gt (int (include "mtasts-exporter.replicas" .)) 1) }}
{{- fail "persistence.existingClaim: one claim serves one pod; leave it empty with several" }}
{{- end }}
{{- if and .Values.unbound.enabled (not .Values.unbound.image.repository) }}
{{- fail "unbound.image.repository: name an image with Unbound in it" }}
{{- end }}
{{- if and .Values.unbound.enabled (default dict .Values.settings.dns).servers }}
{{- fail "settings.dns.servers: with unbound.enabled the agent asks Unbound; leave one of them out" }}
{{- end }}
{{- if and (eq .Values.mode "sidecar") .Values.podMonitor.enabled (not .Values.podMonitor.matchLabels) }}
{{- fail "podMonitor.matchLabels: name the labels of the pod that holds the sidecar" }}
{{- end }}
{{- if and (eq .Values.mode "sidecar") .Values.serviceMonitor.enabled }}
{{- fail "serviceMonitor.enabled: there is no Service with mode sidecar; take podMonitor" }}
{{- end }}
{{- if and (eq .Values.mode "sidecar") .Values.unbound.enabled }}
{{- fail "unbound.enabled: not with mode sidecar; the pod is another chart's" }}
{{- end }}
{{- if and .Values.serviceMonitor.enabled (not .Values.service.enabled) }}
{{- fail "serviceMonitor.enabled: needs service.enabled, or take podMonitor" }}
{{- end }}
{{- $ports := list (int .Values.web.port) (int .Values.telemetry.port) }}
{{- if .Values.unbound.enabled }}{{ $ports = append $ports (int .Values.unbound.port) }}{{ end }}
{{- if ne (len $ports) (len (uniq $ports)) }}
{{- fail "web.port, telemetry.port, unbound.port: each needs a port of its own" }}
{{- end }}
{{- end }}
