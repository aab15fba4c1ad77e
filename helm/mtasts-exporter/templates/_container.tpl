{{- /*
SPDX-License-Identifier: Apache-2.0
SPDX-FileCopyrightText: The mtasts-exporter authors
*/ -}}
{{- /* The agent's container, as an item of a list: dict "root" … "name" … "webPort" … "telemetryPort" … (names of the ports)
"stateVolume" … "native" … "readiness" … */}}
{{- define "mtasts-exporter.container" -}}
{{- $root := .root }}
{{- $values := .root.Values }}
{{- $port := $values.telemetry.enabled | ternary .telemetryPort .webPort -}}
- name: {{ .name | quote }}
  image: {{ include "mtasts-exporter.image" $root | quote }}
  imagePullPolicy: {{ $values.image.pullPolicy }}
  {{- if .native }}
  restartPolicy: Always
  {{- end }}
  args:
    - serve
    - --config
    - {{ include "mtasts-exporter.settingsFile" $root | quote }}
    {{- range $values.extraArgs }}
    - {{ include "mtasts-exporter.tpl" (dict "value" . "root" $root) | quote }}
    {{- end }}
  env:
    {{- include "mtasts-exporter.env" $root | nindent 4 }}
  {{- with $values.extraEnvFrom }}
  envFrom:
    {{- include "mtasts-exporter.tpl" (dict "value" . "root" $root) | nindent 4 }}
  {{- end }}
  ports:
    - name: {{ .webPort }}
      containerPort: {{ int64 $values.web.port }}
      protocol: TCP
    {{- if $values.telemetry.enabled }}
    - name: {{ .telemetryPort }}
      containerPort: {{ int64 $values.telemetry.port }}
      protocol: TCP
    {{- end }}
    {{- if include "mtasts-exporter.reports.endpoint" $root }}
    - name: reports
      containerPort: {{ int64 $values.reports.https.port }}
      protocol: TCP
    {{- end }}
    {{- if $values.policyHost.enabled }}
    - name: {{ include "mtasts-exporter.policyHost.portName" $root }}
      containerPort: {{ int64 $values.policyHost.port }}
      protocol: TCP
    {{- end }}
  {{- $probes := list (list "livenessProbe" "/-/healthy") (list "startupProbe" "/-/healthy") }}
  {{- if .readiness }}{{ $probes = append $probes (list "readinessProbe" "/-/ready") }}{{ end }}
  {{- range $probe := $probes }}
  {{- $timing := get $values (first $probe) }}
  {{- $where := dict "path" (last $probe) "port" $port "tls" (and $values.web.tlsSecret (not $values.telemetry.enabled)) }}
  {{- with include "mtasts-exporter.probe" (merge (dict "kind" (first $probe) "timing" $timing) $where) }}
  {{- . | nindent 2 }}
  {{- end }}
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
    - name: {{ .stateVolume | quote }}
      mountPath: /var/lib/mtasts-exporter
    {{- with include "mtasts-exporter.web.mounts" $root }}
    {{- . | trim | nindent 4 }}
    {{- end }}
    {{- with include "mtasts-exporter.reports.mounts" $root }}
    {{- . | trim | nindent 4 }}
    {{- end }}
    {{- with include "mtasts-exporter.policyHost.mounts" $root }}
    {{- . | trim | nindent 4 }}
    {{- end }}
    {{- with $values.extraVolumeMounts }}
    {{- include "mtasts-exporter.tpl" (dict "value" . "root" $root) | nindent 4 }}
    {{- end }}
{{- end }}

{{- /* dict "kind" … "path" … "port" … "tls" … "timing" …; nothing without timing, or with enabled: false in it. */}}
{{- define "mtasts-exporter.probe" -}}
{{- $off := and (hasKey (default dict .timing) "enabled") (not (default dict .timing).enabled) }}
{{- if and .timing (not $off) -}}
{{ .kind }}:
  httpGet:
    path: {{ .path }}
    port: {{ .port }}
    {{- if .tls }}
    scheme: HTTPS
    {{- end }}
  {{- with omit .timing "enabled" }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}

{{- /* In the environment, so that they also apply to existing settings. extraEnv takes precedence. */}}
{{- define "mtasts-exporter.env" -}}
{{- $telemetry := .Values.telemetry.enabled | ternary (printf "0.0.0.0:%d" (int .Values.telemetry.port)) "" }}
{{- $env := list }}
{{- $env = append $env (dict "name" "MTASTS_WEB_LISTEN" "value" (printf "%s:%d" .Values.web.address (int .Values.web.port))) }}
{{- $env = append $env (dict "name" "MTASTS_TELEMETRY_LISTEN" "value" $telemetry) }}
{{- $env = append $env (dict "name" "MTASTS_STATE_PATH" "value" "/var/lib/mtasts-exporter/state.db") }}
{{- if gt (int .Values.shards) 1 }}
{{- $env = append $env (dict "name" "MTASTS_SHARD_TOTAL" "value" (toString (int64 .Values.shards))) }}
{{- /* The agent takes the ordinal from the end of the pod's name. */}}
{{- $env = append $env (dict "name" "MTASTS_SHARD_INDEX" "valueFrom" (dict "fieldRef" (dict "fieldPath" "metadata.name"))) }}
{{- end }}
{{- if .Values.unbound.enabled }}
{{- $env = append $env (dict "name" "MTASTS_DNS_SERVERS" "value" (printf "127.0.0.1:%d" (int .Values.unbound.port))) }}
{{- end }}
{{- $env = concat $env (include "mtasts-exporter.web.env" . | fromYaml).env }}
{{- $env = concat $env (include "mtasts-exporter.reports.env" . | fromYaml).env }}
{{- $env = concat $env (include "mtasts-exporter.policyHost.env" . | fromYaml).env }}
{{- $theirs := list }}
{{- $names := list }}
{{- range .Values.extraEnv }}
{{- $one := dict "name" (include "mtasts-exporter.tpl" (dict "value" .name "root" $)) }}
{{- if hasKey . "value" }}
{{- $_ := set $one "value" (include "mtasts-exporter.tpl" (dict "value" .value "root" $)) }}
{{- end }}
{{- with .valueFrom }}
{{- $_ := set $one "valueFrom" (include "mtasts-exporter.tpl" (dict "value" . "root" $) | fromYaml) }}
{{- end }}
{{- $theirs = append $theirs $one }}
{{- $names = append $names $one.name }}
{{- end }}
{{- $all := list }}
{{- range $env }}
{{- if not (has .name $names) }}{{ $all = append $all . }}{{ end }}
{{- end }}
{{- toYaml (concat $all $theirs) }}
{{- end }}

{{- /* Whole directories: a file mounted with subPath would not be updated. */}}
{{- define "mtasts-exporter.settingsMounts" -}}
- name: mtasts-settings
  mountPath: {{ include "mtasts-exporter.directory" . }}
  readOnly: true
{{- range $index, $source := .Values.extraDomainFiles }}
- name: mtasts-domains-{{ $index }}
  mountPath: {{ include "mtasts-exporter.domainFolder" (dict "index" $index "source" $source) | quote }}
  readOnly: true
{{- end }}
{{- end }}

{{- define "mtasts-exporter.settingsVolumes" -}}
- name: mtasts-settings
  {{- if .Values.existingConfigMap }}
  configMap:
    name: {{ .Values.existingConfigMap | quote }}
  {{- else if .Values.existingSecret }}
  secret:
    secretName: {{ .Values.existingSecret | quote }}
  {{- else if .Values.configAsSecret }}
  secret:
    secretName: {{ include "mtasts-exporter.fullname" . | quote }}
  {{- else }}
  configMap:
    name: {{ include "mtasts-exporter.fullname" . | quote }}
  {{- end }}
{{- range $index, $source := .Values.extraDomainFiles }}
- name: mtasts-domains-{{ $index }}
  {{- if $source.configMap }}
  configMap:
    name: {{ $source.configMap | quote }}
  {{- else }}
  secret:
    secretName: {{ $source.secret | quote }}
  {{- end }}
    {{- /* A missing list must not prevent a mail server from starting. The agent accepts a pattern that matches nothing, but
    not a missing file. */}}
    {{- if and (eq $.Values.mode "sidecar") (regexMatch "[*?[]" (default "*.txt" $source.pattern)) }}
    optional: true
    {{- end }}
{{- end }}
{{- end }}
