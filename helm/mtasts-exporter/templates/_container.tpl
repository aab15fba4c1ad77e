{{- /*
SPDX-License-Identifier: Apache-2.0
SPDX-FileCopyrightText: The mtasts-exporter authors
*/ -}}
{{- /* The agent's container, as an item of a list: dict "root" … "name" … "webPort" … "telemetryPort" … (names of the ports)
"native" … "readiness" … */}}
{{- define "mtasts-exporter.container" -}}
{{- $root := .root }}
{{- $values := .root.Values -}}
- name: {{ .name }}
  image: {{ include "mtasts-exporter.image" $root | quote }}
  imagePullPolicy: {{ $values.image.pullPolicy }}
  {{- if .native }}
  restartPolicy: Always
  {{- end }}
  args:
    - serve
    - --config
    - {{ printf "%s/%s" (include "mtasts-exporter.directory" $root) $values.configKey }}
    {{- with $values.extraArgs }}
    {{- include "mtasts-exporter.tpl" (dict "value" . "root" $root) | nindent 4 }}
    {{- end }}
  env:
    {{- include "mtasts-exporter.env" $root | nindent 4 }}
  {{- with $values.extraEnvFrom }}
  envFrom:
    {{- include "mtasts-exporter.tpl" (dict "value" . "root" $root) | nindent 4 }}
  {{- end }}
  ports:
    - name: {{ .webPort }}
      containerPort: {{ $values.web.port }}
      protocol: TCP
    - name: {{ .telemetryPort }}
      containerPort: {{ $values.telemetry.port }}
      protocol: TCP
  {{- with $values.livenessProbe }}
  livenessProbe:
    httpGet:
      path: /-/healthy
      port: {{ $.telemetryPort }}
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .readiness }}
  {{- with $values.readinessProbe }}
  readinessProbe:
    httpGet:
      path: /-/ready
      port: {{ $.telemetryPort }}
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  {{- with $values.startupProbe }}
  startupProbe:
    httpGet:
      path: /-/healthy
      port: {{ $.telemetryPort }}
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.lifecycle }}
  lifecycle:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $values.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml $values.securityContext | nindent 4 }}
  volumeMounts:
    {{- include "mtasts-exporter.settingsMounts" $root | nindent 4 }}
    - name: mtasts-state
      mountPath: /var/lib/mtasts-exporter
    {{- with $values.extraVolumeMounts }}
    {{- include "mtasts-exporter.tpl" (dict "value" . "root" $root) | nindent 4 }}
    {{- end }}
{{- end }}

{{- /* In the environment, so that they hold for settings of others, too. extraEnv wins. */}}
{{- define "mtasts-exporter.env" -}}
{{- $env := list }}
{{- $env = append $env (dict "name" "MTASTS_WEB_LISTEN" "value" (printf "%s:%d" .Values.web.address (int .Values.web.port))) }}
{{- $env = append $env (dict "name" "MTASTS_TELEMETRY_LISTEN" "value" (printf "0.0.0.0:%d" (int .Values.telemetry.port))) }}
{{- $env = append $env (dict "name" "MTASTS_STATE_PATH" "value" "/var/lib/mtasts-exporter/state.db") }}
{{- if gt (int .Values.shards) 1 }}
{{- $env = append $env (dict "name" "MTASTS_SHARD_TOTAL" "value" (toString .Values.shards)) }}
{{- /* The agent takes the ordinal from the end of the pod's name. */}}
{{- $env = append $env (dict "name" "MTASTS_SHARD_INDEX" "valueFrom" (dict "fieldRef" (dict "fieldPath" "metadata.name"))) }}
{{- end }}
{{- if .Values.unbound.enabled }}
{{- $env = append $env (dict "name" "MTASTS_DNS_SERVERS" "value" (printf "127.0.0.1:%d" (int .Values.unbound.port))) }}
{{- end }}
{{- $theirs := list }}
{{- with .Values.extraEnv }}
{{- $theirs = include "mtasts-exporter.tpl" (dict "value" . "root" $) | fromYamlArray }}
{{- end }}
{{- $names := list }}
{{- range $theirs }}{{ $names = append $names .name }}{{ end }}
{{- $all := list }}
{{- range $env }}
{{- if not (has .name $names) }}{{ $all = append $all . }}{{ end }}
{{- end }}
{{- toYaml (concat $all $theirs) }}
{{- end }}

{{- /* Whole directories: a file mounted by subPath would not follow changes. */}}
{{- define "mtasts-exporter.settingsMounts" -}}
- name: mtasts-settings
  mountPath: {{ include "mtasts-exporter.directory" . }}
  readOnly: true
{{- range $index, $source := .Values.extraDomainFiles }}
- name: mtasts-domains-{{ $index }}
  mountPath: {{ include "mtasts-exporter.domainDirectory" $ }}/{{ default $source.secret $source.configMap }}
  readOnly: true
{{- end }}
{{- end }}

{{- define "mtasts-exporter.settingsVolumes" -}}
- name: mtasts-settings
  {{- if .Values.existingConfigMap }}
  configMap:
    name: {{ .Values.existingConfigMap }}
  {{- else if .Values.existingSecret }}
  secret:
    secretName: {{ .Values.existingSecret }}
  {{- else if .Values.configAsSecret }}
  secret:
    secretName: {{ include "mtasts-exporter.fullname" . }}
  {{- else }}
  configMap:
    name: {{ include "mtasts-exporter.fullname" . }}
  {{- end }}
{{- range $index, $source := .Values.extraDomainFiles }}
- name: mtasts-domains-{{ $index }}
  {{- if $source.configMap }}
  configMap:
    name: {{ $source.configMap }}
  {{- else }}
  secret:
    secretName: {{ $source.secret }}
  {{- end }}
{{- end }}
{{- end }}

{{- /* For other charts, with (index .Subcharts "mtasts-exporter"): an item of containers, or, native, of initContainers (from
Kubernetes 1.29), and items of volumes. */}}
{{- define "mtasts-exporter.sidecar" -}}
{{- include "mtasts-exporter.check" . }}
{{- include "mtasts-exporter.container" (dict "root" . "name" .Values.sidecar.name "webPort" "mtasts-web" "telemetryPort" "mtasts-agent" "readiness" .Values.sidecar.readinessProbe) }}
{{- end }}

{{- define "mtasts-exporter.sidecar.native" -}}
{{- include "mtasts-exporter.check" . }}
{{- include "mtasts-exporter.container" (dict "root" . "name" .Values.sidecar.name "webPort" "mtasts-web" "telemetryPort" "mtasts-agent" "readiness" .Values.sidecar.readinessProbe "native" true) }}
{{- end }}

{{- define "mtasts-exporter.sidecar.volumes" -}}
{{- include "mtasts-exporter.settingsVolumes" . }}
- name: mtasts-state
  {{- if .Values.sidecar.stateVolume }}
  {{- toYaml .Values.sidecar.stateVolume | nindent 2 }}
  {{- else }}
  emptyDir: {{ toJson .Values.persistence.emptyDir }}
  {{- end }}
{{- with .Values.extraVolumes }}
{{ include "mtasts-exporter.tpl" (dict "value" . "root" $) }}
{{- end }}
{{- end }}
