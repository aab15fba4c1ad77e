{{- /*
SPDX-License-Identifier: Apache-2.0
SPDX-FileCopyrightText: The mtasts-exporter authors
*/ -}}
{{- define "mtasts-exporter.podTemplate" -}}
metadata:
  labels:
    {{- include "mtasts-exporter.podLabels" . | nindent 4 }}
  {{- with include "mtasts-exporter.podAnnotations" . }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "mtasts-exporter.serviceAccountName" . | quote }}
  automountServiceAccountToken: false
  # Environment variables of Services must not interfere with the agent's settings.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ int64 .Values.terminationGracePeriodSeconds }}
  {{- with include "mtasts-exporter.pullSecrets" . }}
  imagePullSecrets:
    {{- . | trim | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  {{- with .Values.initContainers }}
  initContainers:
    {{- include "mtasts-exporter.tpl" (dict "value" . "root" $) | nindent 4 }}
  {{- end }}
  containers:
    {{- $ports := dict "webPort" "web" "telemetryPort" "telemetry" }}
    {{- $rest := dict "root" . "name" "mtasts-exporter" "readiness" true "stateVolume" "mtasts-state" }}
    {{- include "mtasts-exporter.container" (merge $rest $ports) | nindent 4 }}
    {{- if .Values.unbound.enabled }}
    {{- include "mtasts-exporter.unbound.container" . | nindent 4 }}
    {{- end }}
    {{- with .Values.extraContainers }}
    {{- include "mtasts-exporter.tpl" (dict "value" . "root" $) | nindent 4 }}
    {{- end }}
  volumes:
    {{- include "mtasts-exporter.settingsVolumes" . | nindent 4 }}
    {{- if not .Values.persistence.enabled }}
    - name: mtasts-state
      emptyDir: {{ toJson (default dict .Values.persistence.emptyDir) }}
    {{- else if .Values.persistence.existingClaim }}
    - name: mtasts-state
      persistentVolumeClaim:
        claimName: {{ .Values.persistence.existingClaim | quote }}
    {{- end }}
    {{- with include "mtasts-exporter.web.volumes" . }}
    {{- . | trim | nindent 4 }}
    {{- end }}
    {{- with include "mtasts-exporter.reports.volumes" . }}
    {{- . | trim | nindent 4 }}
    {{- end }}
    {{- with include "mtasts-exporter.policyHost.volumes" . }}
    {{- . | trim | nindent 4 }}
    {{- end }}
    {{- if .Values.unbound.enabled }}
    - name: mtasts-unbound
      configMap:
        name: "{{ include "mtasts-exporter.fullname" . }}-unbound"
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- include "mtasts-exporter.tpl" (dict "value" . "root" $) | nindent 4 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- include "mtasts-exporter.tpl" (dict "value" . "root" $) | nindent 4 }}
  {{- end }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- range . }}
    {{- $own := dict "matchLabels" (include "mtasts-exporter.selectorLabels" $ | fromYaml) }}
    - {{ hasKey . "labelSelector" | ternary . (merge (dict "labelSelector" $own) .) | toYaml | nindent 6 | trim }}
    {{- end }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  {{- with .Values.runtimeClassName }}
  runtimeClassName: {{ . | quote }}
  {{- end }}
  {{- with .Values.schedulerName }}
  schedulerName: {{ . | quote }}
  {{- end }}
  {{- if .Values.dnsPolicy }}
  dnsPolicy: {{ .Values.dnsPolicy }}
  {{- else if .Values.hostNetwork }}
  dnsPolicy: ClusterFirstWithHostNet
  {{- end }}
  {{- with .Values.dnsConfig }}
  dnsConfig:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.hostAliases }}
  hostAliases:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .Values.hostNetwork }}
  hostNetwork: true
  {{- end }}
{{- end }}

{{- define "mtasts-exporter.podLabels" -}}
{{- /* Selectors use the first labels, so these take precedence. Without the chart's version, which alone must not restart pods. */}}
{{- $labels := include "mtasts-exporter.selectorLabels" . | fromYaml }}
{{- range list .Values.podLabels .Values.commonLabels }}
{{- $labels = merge $labels (include "mtasts-exporter.texts" (dict "value" . "root" $) | fromYaml) }}
{{- end }}
{{- toYaml $labels }}
{{- end }}

{{- define "mtasts-exporter.podAnnotations" -}}
{{- $all := include "mtasts-exporter.texts" (dict "value" .Values.podAnnotations "root" .) | fromYaml }}
{{- if .Values.rollOnConfigChange }}
{{- $_ := set $all "checksum/settings" (include "mtasts-exporter.settingsData" . | sha256sum) }}
{{- end }}
{{- if .Values.unbound.enabled }}
{{- /* Unbound does not reload its file. */}}
{{- $_ := set $all "checksum/unbound" (include "mtasts-exporter.unbound.settings" . | sha256sum) }}
{{- end }}
{{- if not (hasKey $all "kubectl.kubernetes.io/default-container") }}
{{- $_ := set $all "kubectl.kubernetes.io/default-container" "mtasts-exporter" }}
{{- end }}
{{- toYaml $all }}
{{- end }}
